import { createCallSpans } from '../call-spans.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { loadSchema } from '../cri/schema.ts';
import { createLateNameCounters, withLateNames } from '../export/late-names.ts';
import { systemClock } from '../foundation/clock.ts';
import { systemTimers } from '../foundation/timers.ts';
import { createHealth, healthLine } from '../health.ts';
import { heartbeatMs } from '../heartbeat.ts';
import { hostOf } from '../host.ts';
import { noSpans, observe } from '../observe.ts';
import { createPipeline } from '../pipeline.ts';
import { createSpanCounters } from '../spans/limits.ts';
import type { CommandContext } from './command.ts';
import type { FilterFlags } from './filter-flags.ts';
import type { OutputFormat } from './format-flag.ts';
import { openPlanned, planLive } from './live.ts';
import { textLog } from './messages.ts';
import { printFindings } from './print-findings.ts';
import { createPrinter } from './printer.ts';
import { packageVersion } from './version.ts';

export interface ObserveRequest {
  readonly resolved: ResolvedConfig;
  readonly format: OutputFormat;
  readonly full: boolean;
  readonly filters: FilterFlags;
}

export const runObserve = async (request: ObserveRequest, context: CommandContext): Promise<void> => {
  const { resolved, format, full, filters } = request;
  const log = textLog(context.stderr);
  for (const warning of resolved.warnings) log('warn', warning);
  const clock = systemClock();
  const timers = systemTimers(clock);
  const filter = filters.filter(clock.now());
  const plan = planLive(resolved, 'refuse', log);
  const host = hostOf(resolved.config);
  const pipeline = createPipeline({ schema: loadSchema(), full });
  const counters = createSpanCounters();
  const version = packageVersion();
  const printer = await createPrinter(format, version, context);
  const source = await openPlanned(plan, host.hostId, { clock, timers }, log);

  const health = createHealth();
  health.add(source.mode, source.counters);
  health.add('pipeline', pipeline.counters);
  health.add('spans', counters);
  const unwatch = context.onStatusRequest(() => log('info', healthLine(health.snapshot())));
  const stop = () => void source.stop();
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) stop();
  try {
    const spansOf =
      format === 'compact'
        ? noSpans
        : createCallSpans({ identity: source.identity, host, mode: source.mode, version, counters });
    const last = filters.last();
    const heartbeat = { clock, timers, everyMs: heartbeatMs };
    const found = observe(source, pipeline, spansOf, { heartbeat });
    const lateNames = createLateNameCounters();
    health.add('lateNames', lateNames);
    const told = format === 'otlp' ? withLateNames(found, lateNames) : found;
    await printFindings(told, { printer, filter, last, live: true }, context);
  } finally {
    unwatch();
    await source.close();
    log('info', healthLine(health.snapshot()));
  }
};
