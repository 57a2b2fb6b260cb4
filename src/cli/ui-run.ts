import { systemClock } from '../foundation/clock.ts';
import { builtPage, loadAssets } from '../web/assets.ts';
import { createPageCounters, defaultPageLimits } from '../web/limits.ts';
import { PageError } from '../web/listen.ts';
import { openPageServer } from '../web/page-server.ts';
import { createCaptures } from './captures.ts';
import { type CommandContext, environmentError } from './command.ts';
import { textLog } from './messages.ts';
import { openStored, warnOfDamage } from './open-stored.ts';
import { packageVersion } from './version.ts';

export interface UiRequest {
  readonly path: string | null;
  readonly configured: string | null;
  readonly port: number;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

export const runUi = async (request: UiRequest, context: CommandContext): Promise<void> => {
  const log = textLog(context.stderr);
  const stored = await openStored(request.path, request.configured, context);
  warnOfDamage(stored, context);
  const limits = defaultPageLimits;
  const captures = createCaptures(stored, limits, context);
  try {
    const server = await openPageServer({
      address: { kind: 'tcp', host: '127.0.0.1', port: request.port },
      token: null,
      tls: null,
      version: packageVersion(),
      assets: await loadAssets(builtPage),
      datasets: captures,
      takeCapture: captures.take,
      clock: systemClock(),
      limits,
      counters: createPageCounters(),
      onFault: (error) => log('error', error instanceof Error ? `${error.stack}` : `${error}`),
    });
    context.stdout.write(`${server.url}\n`);
    await aborted(context.signal);
    await server.close();
  } catch (error) {
    if (error instanceof PageError) throw environmentError(error.message, 'choose a port with --port');
    throw error;
  } finally {
    await captures.close();
  }
};
