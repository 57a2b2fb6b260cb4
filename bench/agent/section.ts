import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type BenchContext, type Conclusion, interleaved, roundsOf, type Section } from '../section.ts';
import { quantile, ratios } from '../statistics.ts';
import { startTapAgent } from '../tap/agent.ts';
import { startCollector } from './collector.ts';
import { startAgent } from './critrace.ts';
import { makeFullStore } from './full-store.ts';
import { callsPerSecond, containers, startPacedLoad } from './load.ts';
import { cpuSecondsOf, memoryOf } from './proc.ts';

type Values = Readonly<Record<string, number>>;

interface Watched {
  readonly name: string;
  readonly pid: number;
}

/** What each of them costs while something goes on: processor time of all threads, and memory at its end. */
const costing = async (agents: readonly Watched[], work: () => Promise<unknown>): Promise<Values> => {
  const before = agents.map(({ pid }) => cpuSecondsOf(pid));
  const begin = performance.now();
  await work();
  const seconds = (performance.now() - begin) / 1000;
  return Object.fromEntries(
    agents.flatMap(({ name, pid }, index) => {
      const { rss, rssAnon } = memoryOf(pid);
      return [
        [`${name}, % of a core`, (100 * (cpuSecondsOf(pid) - (before[index] ?? 0))) / seconds],
        [`${name}, RssAnon MiB`, rssAnon],
        [`${name}, VmRSS MiB`, rss],
      ];
    }),
  );
};

const latencies = (values: readonly number[]): Values => ({
  'p50 ms': quantile(values, 0.5),
  'p99 ms': quantile(values, 0.99),
});

/** Until code that runs a few times a second is compiled, and the heap has found its size. */
const warmUp = { seconds: 60, fast: 5 } as const;

export const agentSection = async (context: BenchContext): Promise<Section> => {
  const { folder, seconds, say } = context;
  const load = await startPacedLoad(context);
  const relayed = await startPacedLoad(context, 'relayed');
  const collector = context.owns(await startCollector());
  const collectorPort = collector.port;
  const tapping = async (
    name: string,
    runtime: string,
    options: readonly string[] = [],
  ): Promise<Watched> => {
    const agent = context.owns(await startTapAgent({ folder, name, runtime, collectorPort, options }));
    return { name, pid: agent.pid };
  };
  const store = makeFullStore(folder);
  const watching = [
    await tapping('as it is', load.runtime),
    await tapping('with a full store', load.runtime, ['--store-dir', store]),
  ];
  const silent = createServer().listen(join(folder, 'silent.sock'));
  context.owns({
    async stop() {
      silent.close();
    },
  });
  await once(silent, 'listening');
  const idle = [await tapping('idle', join(folder, 'silent.sock'))];
  const proxy = context.owns(
    await startAgent({ folder, name: 'paced', runtime: relayed.runtime, collectorPort }),
  );
  const relaying = [{ name: 'proxy', pid: proxy.pid }];
  const [long, short] = [15 * seconds, 5 * seconds];
  const evenly = { pace: { perSecond: callsPerSecond }, seconds: short };
  const kubelet = (): Promise<unknown> =>
    load.kubelet({ socket: load.runtime, pace: { fast: 1 }, seconds: long });
  const stranger = (): Promise<unknown> => load.stranger({ socket: load.runtime, ...evenly });

  say(`warming up for ${warmUp.seconds} s`);
  // In loops, which do not go on while an answer is owed: a machine that does much else has less to do then.
  const loops = (fast: number) => ({ pace: { fast }, seconds: warmUp.seconds });
  await Promise.all([
    load.kubelet({ socket: load.runtime, ...loops(warmUp.fast) }),
    load.stranger({ socket: load.runtime, ...loops(1) }),
    relayed.stranger({ socket: proxy.socket, ...loops(1) }),
  ]);

  const series = await interleaved(
    [
      {
        name: 'a kubelet',
        measure: () => costing([...watching, ...idle], kubelet),
      },
      { name: 'a stranger', measure: () => costing(watching, stranger) },
      {
        name: 'direct',
        measure: async () => latencies(await relayed.stranger({ socket: relayed.runtime, ...evenly })),
      },
      {
        name: 'through the proxy',
        async measure() {
          let took: readonly number[] = [];
          const cost = await costing(relaying, async () => {
            took = await relayed.stranger({ socket: proxy.socket, ...evenly });
          });
          return { ...latencies(took), ...cost };
        },
      },
    ],
    context,
  );
  if (collector.requests() === 0) throw new Error('no span reached the collector');
  const cost = (says: string, candidate: string, metric: string, most: number | null): Conclusion => ({
    says,
    values: roundsOf(series, candidate, metric),
    aim: most === null ? null : { is: 'at most', value: most },
  });
  const more = roundsOf(series, 'a kubelet', 'with a full store, RssAnon MiB').map(
    (value, round) => value - (roundsOf(series, 'a kubelet', 'as it is, RssAnon MiB')[round] ?? Number.NaN),
  );
  const compared = (quantileName: string): Conclusion => ({
    says: `${quantileName} through the proxy, times direct`,
    values: ratios(
      roundsOf(series, 'through the proxy', `${quantileName} ms`),
      roundsOf(series, 'direct', `${quantileName} ms`),
    ),
    aim: null,
  });
  return {
    title: 'What the agent costs',
    how: `\`critrace agent\`, compiled, with its defaults: the tap, kernel events, metrics, page, and a collector that takes
everything. "A kubelet": a process of that name asks a simulated runtime of ${containers} containers what a kubelet asks, loop by
loop, ${callsPerSecond} calls a second on average, for ${long} s a round; one round of each of its loops is exported in a minute. "A
stranger": the same calls, evenly, from a process that is no kubelet, of which every call is exported, for ${short} s. "With a full
store": another agent at the same time, whose store held 64 MiB when it started. "Idle": one more, to whose socket nobody
talks. "Through the proxy": the stranger's calls through \`--source proxy\` before a runtime of its own. All agents run
from the beginning to the end; before the first round there are ${warmUp.seconds} s of all loads in loops, the kubelet's ${warmUp.fast} times as fast: as many
calls as in ${(warmUp.seconds * warmUp.fast) / 60} minutes of a node, after which V8 has compiled most of what runs often. CPU is the scheduler's count of
all threads, memory is read from \`/proc/PID/status\` at the end of a round.`,
    series,
    conclusions: [
      cost(`% of a core at a kubelet's ${callsPerSecond} calls/s`, 'a kubelet', 'as it is, % of a core', 0.5),
      cost(`RssAnon at a kubelet's ${callsPerSecond} calls/s, MiB`, 'a kubelet', 'as it is, RssAnon MiB', 90),
      cost(`VmRSS at a kubelet's ${callsPerSecond} calls/s, MiB`, 'a kubelet', 'as it is, VmRSS MiB', null),
      cost(
        `% of a core at a stranger's ${callsPerSecond} calls/s, each exported`,
        'a stranger',
        'as it is, % of a core',
        0.5,
      ),
      cost('% of a core with a full store, a kubelet', 'a kubelet', 'with a full store, % of a core', null),
      { says: 'RssAnon more with a full store, MiB', values: more, aim: { is: 'at most', value: 30 } },
      cost('% of a core, idle', 'a kubelet', 'idle, % of a core', null),
      cost('RssAnon, idle, MiB', 'a kubelet', 'idle, RssAnon MiB', 90),
      cost('% of a core as a proxy', 'through the proxy', 'proxy, % of a core', null),
      cost('RssAnon as a proxy, MiB', 'through the proxy', 'proxy, RssAnon MiB', null),
      compared('p50'),
      compared('p99'),
    ],
  };
};
