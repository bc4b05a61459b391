/** The listener: options of the former stand-alone Glance server. Source: contract 11 §7 */
import { describeGroup, ignored } from '../option.ts';

const { string, integer, boolean, unset } = describeGroup('DEFAULT');

export const serverOptions = {
  bindHost: string('bind_host', '0.0.0.0', {
    help: 'Address to listen on. Without any configuration file the service listens on this machine alone.',
    defaultText: '0.0.0.0; 127.0.0.1 without a configuration file',
  }),
  bindPort: integer('bind_port', 9292, {
    help: 'Port to listen on; 0 takes any free one.',
    minimum: 0,
    maximum: 65_535,
  }),
  backlog: integer('backlog', 4096, {
    help: 'How many connections may wait to be accepted.',
    minimum: 1,
  }),
  tcpKeepIdleSeconds: integer('tcp_keepidle', 600, {
    help: 'After so long without traffic a connection is probed, to notice a peer that is gone.',
    unit: 'seconds',
    minimum: 1,
  }),
  clientSocketTimeoutSeconds: integer('client_socket_timeout', 900, {
    help: 'A connection on which nothing moves for so long is closed; 0 never closes one.',
    unit: 'seconds',
    minimum: 0,
  }),
  maxHeaderLine: integer('max_header_line', 16_384, {
    help: 'Raises the limit for all headers of a request together. It is never below 65536, which large tokens need.',
    unit: 'bytes',
    minimum: 0,
    maximum: 16_777_216,
  }),
  httpKeepAlive: boolean('http_keepalive', true, {
    help: 'Whether a connection serves more than one request.',
    treatment: ignored('connections are kept open as the client asks'),
  }),
  workers: unset.integer('workers', {
    help: 'Number of processes to serve with.',
    minimum: 0,
    treatment: ignored('this release serves with one process'),
  }),
};
