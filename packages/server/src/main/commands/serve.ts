/** `lucarne serve`: runs the service until it is told to stop. */
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Settings } from '../../config/settings.ts';
import { ImageServiceError } from '../../domain/errors.ts';
import { compose } from '../compose.ts';
import type { Service } from '../compose.ts';
import { readConfiguration } from '../configuration.ts';
import type { ConfigurationArguments } from '../configuration.ts';
import { openLog } from '../logging.ts';

export async function serve(given: ConfigurationArguments): Promise<number> {
  const configuration = readConfiguration(given);
  if (configuration === null) return 1;
  const { settings, warnings } = configuration;
  const { log, reopen } = openLog(settings.logging);
  for (const warning of warnings) log.warn(warning);
  // Sent after the log file was moved away; anything else it could mean needs a restart.
  process.on('SIGHUP', reopen);
  try {
    const service = await compose(settings, log);
    process.on('SIGHUP', () => service.reopen());
    try {
      await run(service, settings, log);
    } finally {
      await service.close();
    }
    log.info('stopped');
    return 0;
  } catch (error) {
    tellWhy(log, error);
    // Whoever looks at the terminal or at the service manager finds it there too.
    if (settings.logging.file !== null)
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function run(service: Service, settings: Settings, log: Logger): Promise<void> {
  const url = await listen(service, settings.server);
  if (service.pocket !== null) await introduce(service.pocket, url);
  // Last: who waits for this line finds everything in place.
  log.info(`listening on ${url}`);
  warnOfExposure(settings, log);
  await untilStopped(log);
}

async function listen(service: Service, server: Settings['server']): Promise<string> {
  await service.http.listen({
    host: server.host,
    port: server.port,
    backlog: server.backlog,
    listenTextResolver: (url) => `bound to ${url}`,
  });
  const address = service.http.server.address() as AddressInfo;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

/** Tells a new user how to log in. */
async function introduce(pocket: NonNullable<Service['pocket']>, url: string): Promise<void> {
  const reachable = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
  const cloudsFile = await pocket.publish(reachable);
  const login =
    cloudsFile === null
      ? ['There is no clouds.yaml any more; passwords can be set in identity/identity.yaml of the data folder.']
      : [
          'In another terminal:',
          '',
          `  export OS_CLIENT_CONFIG_FILE=${shellWord(cloudsFile)}`,
          '  openstack --os-cloud lucarne image list        (project admin)',
          '  openstack --os-cloud lucarne-demo image list   (project demo)',
        ];
  const lines = [`Lucarne answers at ${reachable}.`, ...login].map((line) => (line === '' ? '' : `  ${line}`));
  process.stderr.write(`\n${lines.join('\n')}\n\n`);
}

/** A path as a shell takes it for one word. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Resolves at SIGTERM or SIGINT; a second one ends the process at once. */
function untilStopped(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      log.info(`${signal}: finishing the requests under way`);
      process.once('SIGTERM', () => process.exit(1));
      process.once('SIGINT', () => process.exit(1));
      resolve();
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  });
}

/** Our own errors say what an operator can do; of any other the log needs everything. */
function tellWhy(log: Logger, error: unknown): void {
  if (error instanceof ImageServiceError) {
    log.fatal(error.message);
    log.debug({ err: error.cause }, 'the cause');
  } else {
    log.fatal({ err: error }, error instanceof Error ? error.message : String(error));
  }
}

/** Who can reach the listener can use these; on a laptop that is the laptop's owner. */
function warnOfExposure({ server, identity }: Settings, log: Logger): void {
  const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(server.host);
  const exposure = {
    keystone: null,
    pocket: 'the pocket identity is meant for one machine and sends passwords over plain HTTP',
    'trusted-auth': 'whoever reaches it directly can claim to be anybody; only the proxy in front must be able to',
    none: 'everybody is an administrator to it',
  }[identity.flavor];
  if (!isLocal && exposure !== null) log.warn(`listening on ${server.host} for other machines: ${exposure}`);
}
