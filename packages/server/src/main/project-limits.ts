/** The limits of projects that Keystone keeps, read over a session of their own. */
import { openKeystoneSession } from '../adapters/keystone/service-session.ts';
import { openUnifiedLimits } from '../adapters/keystone/unified-limits.ts';
import { systemClock } from '../adapters/system/system-clock.ts';
import type { UnifiedLimitSettings } from '../config/settings.ts';
import type { ProjectLimits } from '../ports/project-limits.ts';

export interface ConnectedLimits {
  readonly limits: ProjectLimits;
  close(): Promise<void>;
}

/** Asks nothing yet. */
export function connectUnifiedLimits(settings: UnifiedLimitSettings): ConnectedLimits {
  const { login, connection, identityEndpoint, endpoint } = settings;
  const session = openKeystoneSession({ login, connection, endpoint: identityEndpoint, clock: systemClock });
  const { timeoutSeconds: patienceSeconds } = connection;
  return {
    limits: openUnifiedLimits({ session, endpoint, clock: systemClock, patienceSeconds }),
    close: () => session.close(),
  };
}
