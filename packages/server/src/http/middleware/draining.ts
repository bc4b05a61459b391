/**
 * Ending well: when the server closes, requests under way are finished, and their connections, which clients like to
 * keep open for the next request, are closed behind them.
 */
import type { FastifyInstance } from 'fastify';

/** How often connections that have become idle are looked for while closing. */
const pauseMilliseconds = 100;

export function addDraining(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', async () => {
    isClosing = true;
    const timer = setInterval(() => app.server.closeIdleConnections(), pauseMilliseconds);
    app.server.once('close', () => clearInterval(timer));
  });
  app.addHook('onSend', async (_request, reply, payload) => {
    if (isClosing) reply.header('connection', 'close');
    return payload;
  });
}
