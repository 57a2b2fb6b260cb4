import { setTimeout as delay } from 'node:timers/promises';
import { type BenchContext, interleaved, roundsOf, type Section } from '../section.ts';
import { quantile, ratios } from '../statistics.ts';
import { startCollector } from './collector.ts';
import { startAgent } from './critrace.ts';
import { callsPerSecond, containers, startPacedLoad } from './load.ts';
import { pacedCalls } from './paced-client.ts';
import { cpuSecondsOf, memoryOf } from './proc.ts';

/** Until a process that nobody talks to has settled. */
const settleMs = 3_000;

export const agentSection = async (context: BenchContext): Promise<Section> => {
  const { folder, seconds } = context;
  const { runtime, calls } = await startPacedLoad(context);
  const collector = context.owns(await startCollector());
  const agent = context.owns(
    await startAgent({ folder, name: 'paced', runtime, collectorPort: collector.port }),
  );
  const pacedSeconds = 5 * seconds;
  const latencies = (values: readonly number[]) => ({
    'p50 ms': quantile(values, 0.5),
    'p99 ms': quantile(values, 0.99),
  });
  await pacedCalls(agent.socket, calls, 2 * callsPerSecond, pacedSeconds);

  const series = await interleaved(
    [
      {
        name: 'idle agent',
        async measure() {
          const idle = context.owns(
            await startAgent({ folder, name: 'idle', runtime, collectorPort: collector.port }),
          );
          try {
            await delay(settleMs);
            const before = cpuSecondsOf(idle.pid);
            await delay(seconds * 1000);
            const cpu = (100 * (cpuSecondsOf(idle.pid) - before)) / seconds;
            const { rss, rssAnon } = memoryOf(idle.pid);
            return { 'RssAnon MiB': rssAnon, 'VmRSS MiB': rss, '% of a core': cpu };
          } finally {
            await idle.stop();
          }
        },
      },
      {
        name: 'direct',
        async measure() {
          return latencies(await pacedCalls(runtime, calls, callsPerSecond, pacedSeconds));
        },
      },
      {
        name: 'critrace',
        async measure() {
          const before = cpuSecondsOf(agent.pid);
          const begin = performance.now();
          const values = await pacedCalls(agent.socket, calls, callsPerSecond, pacedSeconds);
          const cpu = (1e5 * (cpuSecondsOf(agent.pid) - before)) / (performance.now() - begin);
          const { rss, rssAnon } = memoryOf(agent.pid);
          return { ...latencies(values), '% of a core': cpu, 'RssAnon MiB': rssAnon, 'VmRSS MiB': rss };
        },
      },
    ],
    context,
  );
  if (collector.requests() === 0) throw new Error('no span reached the collector');
  const through = (metric: string): readonly number[] => roundsOf(series, 'critrace', metric);
  return {
    title: 'What the agent costs',
    how: `\`critrace agent\`, compiled, as the relay before a simulated runtime of ${containers} containers, exporting
to a collector that takes everything. "Idle" is an agent of its own that nobody talks to, ${settleMs / 1000} s after its start.
"At ${callsPerSecond} calls/s" a client asks what a kubelet with ${containers} containers asks (every second both lists, Status,
Version and 30 ContainerStatus) for ${pacedSeconds} s a round, to the runtime directly and through critrace. CPU is the
scheduler's count of all threads, memory is read from \`/proc/PID/status\` at the end of a round.`,
    series,
    conclusions: [
      {
        says: 'RssAnon of the idle agent, MiB',
        values: roundsOf(series, 'idle agent', 'RssAnon MiB'),
        aim: { is: 'at most', value: 90 },
      },
      {
        says: 'VmRSS of the idle agent, MiB',
        values: roundsOf(series, 'idle agent', 'VmRSS MiB'),
        aim: null,
      },
      { says: '% of a core, idle', values: roundsOf(series, 'idle agent', '% of a core'), aim: null },
      {
        says: `% of a core at ${callsPerSecond} calls/s, relaying included`,
        values: through('% of a core'),
        aim: null,
      },
      { says: `RssAnon at ${callsPerSecond} calls/s, MiB`, values: through('RssAnon MiB'), aim: null },
      {
        says: 'p50 through critrace, times direct',
        values: ratios(through('p50 ms'), roundsOf(series, 'direct', 'p50 ms')),
        aim: null,
      },
      {
        says: 'p99 through critrace, times direct',
        values: ratios(through('p99 ms'), roundsOf(series, 'direct', 'p99 ms')),
        aim: null,
      },
    ],
  };
};
