import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, startAgent } from '../agent.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { exportAddress } from '../config/rules.ts';
import { type Between, runScenario } from '../demo/scenario.ts';
import { wantsColour } from '../export/colour.ts';
import { renderTrace } from '../export/trace-text.ts';
import { renderWaterfallByPod } from '../export/waterfall.ts';
import { systemClock } from '../foundation/clock.ts';
import { systemTimers } from '../foundation/timers.ts';
import type { LiveSource } from '../live-source.ts';
import type { Readiness } from '../readiness.ts';
import { storeFile } from '../sinks.ts';
import { CliError, type CommandContext, environmentError } from './command.ts';
import { createDemoKeeper } from './demo-keeper.ts';
import { demoSummary, lostBytesOf } from './demo-summary.ts';
import { openPlanned } from './live.ts';
import { textLog } from './messages.ts';
import { packageVersion } from './version.ts';

export interface DemoRequest {
  readonly resolved: ResolvedConfig;
  readonly follow: boolean;
  readonly runtime: 'auto' | 'containerd' | 'simulated';
  /** `auto`: the tap, and where the kernel does not let it in, the proxy. */
  readonly source: 'auto' | LiveSource['mode'];
}

/** Of a demo that ends by itself there would be nothing to look at; any free port, for an agent may run here already. */
const pageOf = ({ config, provenance }: ResolvedConfig, follow: boolean): string => {
  if (provenance['page-listen'].from !== 'default') return config['page-listen'];
  return follow ? '127.0.0.1:0' : 'off';
};

export const runDemo = async (request: DemoRequest, context: CommandContext): Promise<void> => {
  const { resolved, follow, runtime, source } = request;
  const { stdout, stderr, signal } = context;
  const clock = systemClock();
  const timers = systemTimers(clock);
  const log = textLog(stderr, 'warn');
  const say = (line: string): void => void stderr.write(`${line}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'critrace-demo-'));
  const sockets = join(folder, 'sockets');
  const storeDir = resolved.config['store-dir'] ?? join(folder, 'spans');
  const config = {
    ...resolved.config,
    'store-dir': storeDir,
    'spool-dir': join(folder, 'spool'),
    'page-listen': pageOf(resolved, follow),
  };
  const keeper = createDemoKeeper();
  let agent: Agent | null = null;
  let lostBytes = 0;
  let mode: LiveSource['mode'] = 'tap';
  const asConfigured = { kernelEvents: config['kernel-events'], ringBytes: config['ring-size'] };

  const through = async (runtimeSocket: string): Promise<Between> => {
    const listen = join(sockets, 'cri.sock');
    const openAs = (
      chosen: LiveSource['mode'],
      identity: string,
      readiness: Readiness,
    ): Promise<LiveSource> => {
      mode = chosen;
      const plan = { mode, runtime: runtimeSocket, listen, image: null, others: [], ...asConfigured };
      return openPlanned(plan, identity, { clock, timers }, log, readiness);
    };
    /** Here the proxy can stand in by itself: the kubelet is the demo's own, and goes where it is told. */
    const openSource = async (identity: string, readiness: Readiness): Promise<LiveSource> => {
      if (source !== 'auto') return openAs(source, identity, readiness);
      try {
        return await openAs('tap', identity, readiness);
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        say(`${error.message}: watching through the proxy`);
        return openAs('proxy', identity, readiness);
      }
    };
    const started = await startAgent({
      config,
      environment: context.env,
      version: packageVersion(),
      clock,
      timers,
      log,
      extraSinks: () => [keeper.sink],
      openSource,
    });
    agent = started;
    const page = started.pageUrl();
    if (page !== null) say(`the page: ${page}`);
    return {
      socket: mode === 'proxy' ? listen : runtimeSocket,
      close: async () => {
        // What passes after the observation has ended is not lost: it is not looked for.
        lostBytes = lostBytesOf(started.health.snapshot());
        await started.stop();
      },
    };
  };
  try {
    const result = await runScenario({ runtime, clock, through, log: say, signal, follow }).catch(
      (error: unknown) => {
        if (runtime !== 'containerd') throw error;
        throw environmentError(
          error instanceof Error ? error.message : String(error),
          'use --runtime simulated, or run it as root on a Linux machine with containerd',
        );
      },
    );
    const colour = wantsColour(stdout.isTTY === true, context.env);
    const width = stdout.columns ?? 120;
    for (const spans of keeper.traces()) {
      const waits = keeper.waits(spans);
      stdout.write(`${renderTrace(spans, { related: [], waits, missing: 0, colour, width })}\n\n`);
    }
    stdout.write(`${renderWaterfallByPod(keeper.calls(), { colour, width })}\n\n`);
    stdout.write(
      demoSummary({
        result,
        agent,
        mode,
        lostBytes,
        negotiations: keeper.negotiations(),
        file: storeFile(storeDir),
        collector: exportAddress(config),
      }),
    );
  } finally {
    await Promise.all(
      ['sockets', 'spool'].map((name) => rm(join(folder, name), { recursive: true, force: true })),
    );
  }
};
