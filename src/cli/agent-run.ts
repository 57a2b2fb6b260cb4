import { type Agent, startAgent } from '../agent.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { systemClock } from '../foundation/clock.ts';
import { systemTimers } from '../foundation/timers.ts';
import { ownThreads, standBack } from '../priority.ts';
import type { CommandContext } from './command.ts';
import { consoleSinks, createConsoleCounters } from './console-sink.ts';
import { openPlanned, planLive } from './live.ts';
import { jsonLog } from './messages.ts';
import { createReload } from './reload.ts';
import { packageVersion } from './version.ts';

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Watches until it is stopped. The log on stderr is JSON lines; `ready` is the first line that says so. */
export const runAgent = async (
  resolved: ResolvedConfig,
  resolveAgain: () => ResolvedConfig,
  context: CommandContext,
): Promise<void> => {
  const { config, file, warnings } = resolved;
  let current = config;
  const log = await jsonLog(context.stderr, () => current['log-level']);
  const version = packageVersion();
  log('info', 'starting', { version, pid: process.pid, config: file });
  for (const warning of warnings) log('warn', warning);
  const clock = systemClock();
  const timers = systemTimers(clock);
  const plan = planLive(resolved, 'wait', log);
  const printed = createConsoleCounters();
  // Those that run JavaScript and compile it: the one that empties the kernel's rings is not among them yet, and must not wait.
  const threads = ownThreads();
  const agent: Agent = await startAgent({
    extraSinks: (of) => consoleSinks(of, context, printed),
    config,
    environment: context.env,
    version,
    clock,
    timers,
    log,
    openSource: (identity, readiness) => openPlanned(plan, identity, { clock, timers }, log, readiness),
  });
  // A proxy is in the path: whoever waits for it waits for its callers.
  if (plan.mode === 'tap') standBack(threads, config.nice);
  agent.health.add('console', printed);
  const logHealth = (): void => log('info', 'health', { health: agent.health.snapshot() });
  const unwatch = context.onStatusRequest(logHealth);
  const reload = createReload({
    current: () => current,
    resolve: resolveAgain,
    log,
    async apply(next) {
      await agent.reconfigure(next);
      current = next;
    },
  });
  const unwatchReload = context.onReload(reload);
  log('info', 'ready', {
    source: plan.mode,
    listen: plan.mode === 'proxy' ? plan.listen : null,
    runtime: plan.runtime,
    image: plan.image,
    others: plan.others,
    page: agent.pageUrl(),
  });
  try {
    await Promise.race([aborted(context.signal), agent.ended]);
    log('info', 'stopping');
  } finally {
    await agent.stop();
    unwatch();
    unwatchReload();
    logHealth();
  }
};
