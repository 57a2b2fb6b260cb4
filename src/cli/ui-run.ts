import { type RequestOptions, request } from 'node:http';
import { systemClock } from '../foundation/clock.ts';
import { systemTimers } from '../foundation/timers.ts';
import { parsePageAddress } from '../web/address.ts';
import { builtPage, loadAssets } from '../web/assets.ts';
import { createPageCounters, defaultPageLimits } from '../web/limits.ts';
import { PageError } from '../web/listen.ts';
import { openPageServer } from '../web/page-server.ts';
import { createCaptures } from './captures.ts';
import { type CommandContext, environmentError } from './command.ts';
import { textLog } from './messages.ts';
import { openBrowser } from './open-browser.ts';
import { openStored, warnOfDamage } from './open-stored.ts';
import { packageVersion } from './version.ts';

export interface UiRequest {
  readonly path: string | null;
  readonly configured: string | null;
  readonly port: number;
  /** `page-listen` of the agent that may run here. */
  readonly agent: string;
  /** In a browser, as well as the address on standard output. */
  readonly open: boolean;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** How long an agent on this machine may take to answer. */
const answerMs = 2_000;

/** Where the page of the agent that runs here is; null: none answers. */
const agentPage = async (listen: string): Promise<string | null> => {
  const address = parsePageAddress(listen);
  if (address === null) return null;
  if (address.kind === 'unix') return (await answers({ socketPath: address.path })) ? listen : null;
  const { host, port } = address;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
  return (await answers({ host, port })) ? url : null;
};

const answers = (where: RequestOptions): Promise<boolean> =>
  new Promise((resolve) => {
    const headers = { host: 'localhost' };
    const asked = request({ ...where, path: '/api/about', headers, timeout: answerMs }, (response) => {
      response.resume();
      // 401: it is there, and asks the browser for its token.
      resolve(response.statusCode === 200 || response.statusCode === 401);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });

export const runUi = async (asked: UiRequest, context: CommandContext): Promise<void> => {
  const log = textLog(context.stderr);
  const show = async (url: string): Promise<void> => {
    context.stdout.write(`${url}\n`);
    if (!asked.open) return;
    const problem = url.startsWith('unix:') ? "no browser opens a socket's file" : await openBrowser(url);
    if (problem !== null) log('warn', problem);
  };
  if (asked.path === null) {
    const url = await agentPage(asked.agent);
    if (url !== null) return show(url);
    if (asked.configured === null) {
      throw environmentError(
        `no agent's page answers at ${asked.agent}, and no store is configured`,
        'name what to look at: critrace ui cri.jsonl.gz, or try critrace demo --follow',
      );
    }
    log('info', `no agent's page answers at ${asked.agent}: this is the store`);
  }
  const stored = await openStored(asked.path, asked.configured, context);
  warnOfDamage(stored, context);
  const limits = defaultPageLimits;
  const clock = systemClock();
  const captures = createCaptures(stored, limits, context);
  try {
    const server = await openPageServer({
      address: { kind: 'tcp', host: '127.0.0.1', port: asked.port },
      token: null,
      tls: null,
      version: packageVersion(),
      assets: await loadAssets(builtPage),
      datasets: captures,
      takeCapture: captures.take,
      clock,
      timers: systemTimers(clock),
      limits,
      counters: createPageCounters(),
      onFault: (error) => log('error', error instanceof Error ? `${error.stack}` : `${error}`),
    });
    await show(server.url ?? server.address);
    await aborted(context.signal);
    await server.close();
  } catch (error) {
    if (error instanceof PageError) throw environmentError(error.message, 'choose a port with --port');
    throw error;
  } finally {
    await captures.close();
  }
};
