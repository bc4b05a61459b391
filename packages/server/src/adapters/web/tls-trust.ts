/** TLS on a connection that is there already, and whose certificates are believed. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createSecureContext, getCACertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { ImageServiceError } from '../../domain/errors.ts';
import type { WebUrl } from '../../domain/imports/web-urls.ts';
import { abortable } from './deadlines.ts';

export interface TlsTrustOptions {
  /** Authorities trusted beside those of Node and of the system; null for none. */
  readonly caFile: string | null;
  /** Certificates are not checked. */
  readonly insecure: boolean;
}

export interface TlsTrust {
  /** The connection inside the TLS, once the server has proved that it is the host of the URL. */
  secure(socket: Socket, url: Pick<WebUrl, 'host' | 'address'>, signal: AbortSignal): Promise<Socket>;
}

/** Reads the file at once; one that cannot be read, or has no certificate in it, raises `internal` with its name. */
export function openTlsTrust(options: TlsTrustOptions): TlsTrust {
  const ownAuthorities = options.caFile === null ? [] : [readAuthorities(options.caFile)];
  let context: SecureContext | undefined;

  return {
    async secure(socket, url, signal) {
      // Not earlier: the authorities of a system are several hundred.
      context ??= createSecureContext({
        ca: [...new Set([...getCACertificates('default'), ...getCACertificates('system'), ...ownAuthorities])],
      });
      const { promise, resolve, reject } = Promise.withResolvers<Socket>();
      const secured = connect({
        socket,
        secureContext: context,
        rejectUnauthorized: !options.insecure,
        ALPNProtocols: ['http/1.1'],
        // An address is never asked for by name; its certificate is compared with `host`.
        ...(url.address === null ? { servername: url.host.replace(/\.$/, '') } : { host: url.host }),
      });
      secured.once('secureConnect', () => resolve(secured));
      secured.on('error', reject);
      return abortable(promise, signal);
    },
  };
}

function readAuthorities(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    // Raises when there is none.
    new X509Certificate(text).toString();
    return text;
  } catch (cause) {
    throw new ImageServiceError('internal', `The certificate file ${file} cannot be read, or has no certificate.`, {
      cause,
    });
  }
}
