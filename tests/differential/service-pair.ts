/** The two services of a run, and the web server both may fetch from. */
import type { SetupName } from './setups.ts';
import { startGlanceOracle } from './support/glance-oracle.ts';
import { startLucarneUnderTest } from './support/lucarne-under-test.ts';
import { startWebServer } from './support/web-server.ts';

export interface ServicePair {
  readonly setup: SetupName;
  /** Base URLs. */
  readonly glance: string;
  readonly lucarne: string;
  readonly web: string;
  /** Ends everything and removes what it kept. */
  stop(): Promise<void>;
}

type Opponent = 'lucarne' | 'another glance';

/** Starts both services in this setup, empty; `opponent` is who is compared with the oracle. */
export async function startServicePair(setup: SetupName, opponent: Opponent = 'lucarne'): Promise<ServicePair> {
  const startOpponent = opponent === 'lucarne' ? startLucarneUnderTest : startGlanceOracle;
  const web = await startWebServer();
  const services = await Promise.allSettled([startGlanceOracle(setup, web.port), startOpponent(setup, web.port)]);
  const started = services.flatMap((service) => (service.status === 'fulfilled' ? [service.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all([...started, web].map((running) => running.stop()));
  };
  const [glance, other] = started;
  if (glance === undefined || other === undefined) {
    await stop();
    throw new AggregateError(
      services.flatMap((service): unknown[] => (service.status === 'rejected' ? [service.reason] : [])),
      `the services of setup ${setup} did not start`,
    );
  }
  return { setup, glance: glance.baseUrl, lucarne: other.baseUrl, web: web.url, stop };
}
