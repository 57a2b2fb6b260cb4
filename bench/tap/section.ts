import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PacedWork } from '../agent/client-process.ts';
import { startCollector } from '../agent/collector.ts';
import { callsPerSecond, containers, startPacedLoad } from '../agent/load.ts';
import { framed } from '../agent/paced-client.ts';
import { cpuSecondsOf, memoryOf } from '../agent/proc.ts';
import { run, waitFor } from '../processes.ts';
import { h2load } from '../relay/h2load.ts';
import { startRuntime } from '../relay/runtime.ts';
import { type BenchContext, type Conclusion, interleaved, roundsOf, type Section } from '../section.ts';
import { quantile, ratios } from '../statistics.ts';
import { mapMegabytes, startTapAgent, type TapAgent } from './agent.ts';
import { largeBytes, sendLarge, startStorm } from './storms.ts';
import { buildUnrelated } from './unrelated.ts';

/** Messages there and back: each when the agent has taken the one before, and without a pause. */
const largeTimes = 3;
const versionPath = '/runtime.v1.RuntimeService/Version';
const unrelated = ['getppid ns', 'TCP echo ns', 'unix echo ns'] as const;

/** What makes of an agent that was just started one that has run for a while: many calls of all kinds, and then a rest. */
const warmUp = { seconds: 15, fast: 4, restMs: 3_000 } as const;

type Values = Readonly<Record<string, number>>;

export const tapSection = async (context: BenchContext): Promise<Section> => {
  const { folder, seconds } = context;
  const { name, socket } = await startRuntime(context);
  const paced = await startPacedLoad(context);
  const storm = await startStorm(context);
  const collector = context.owns(await startCollector());
  const body = join(folder, 'tapped-version.bin');
  // VersionRequest { version: "0.1.0" }
  await writeFile(body, framed(Buffer.from('0a05302e312e30', 'hex')));
  const unrelatedProgram = await buildUnrelated(folder);
  const pacedSeconds = 6 * seconds;
  const stormSeconds = 3 * seconds;

  const versions = (inFlight: number): Promise<number> =>
    h2load({ socket, path: versionPath, body, inFlight, seconds });
  const calls = (pace: PacedWork['pace'], forSeconds: number): Promise<readonly number[]> =>
    paced.stranger({ socket: paced.runtime, pace, seconds: forSeconds });
  const closedLoops = async (): Promise<Values> => ({
    'calls/s, 1 in flight': await versions(1),
    'calls/s, 8 in flight': await versions(8),
  });
  const pacedLoad = async (): Promise<Values> => {
    const values = await calls({ perSecond: callsPerSecond }, pacedSeconds);
    return { 'p50 ms': quantile(values, 0.5), 'p99 ms': quantile(values, 0.99) };
  };
  const unrelatedWork = async (): Promise<Values> => {
    const { stdout } = await run([unrelatedProgram, String(250 * seconds), join(folder, 'other.sock')]);
    const values = stdout.trim().split(' ').map(Number);
    return Object.fromEntries(unrelated.map((metric, at) => [metric, values[at] ?? Number.NaN]));
  };
  let agents = 0;
  const tapping = async (
    runtime: string,
    measure: (agent: TapAgent) => Promise<Values>,
    options: readonly string[] = [],
  ): Promise<Values> => {
    agents += 1;
    // A name of its own, and so a spool of its own: what another left there it would export.
    const place = { folder, name: `tap-${agents}`, runtime, collectorPort: collector.port };
    const agent = context.owns(await startTapAgent({ ...place, options }));
    try {
      return await measure(agent);
    } finally {
      await agent.stop();
    }
  };
  /** What the agent costs while something goes on. */
  const costing = async (agent: TapAgent, work: () => Promise<Values>): Promise<Values> => {
    const before = cpuSecondsOf(agent.pid);
    const begin = performance.now();
    const values = await work();
    const cpu = (1e5 * (cpuSecondsOf(agent.pid) - before)) / (performance.now() - begin);
    const { rss, rssAnon } = memoryOf(agent.pid);
    return {
      ...values,
      '% of a core': cpu,
      'RssAnon MiB': rssAnon,
      'VmRSS MiB': rss,
      'kernel maps MiB': mapMegabytes(agent.pid),
    };
  };
  const losing = async (agent: TapAgent, work: () => Promise<Values>): Promise<Values> => {
    const seen = (counted: (path: string) => number): number =>
      counted('tap.requestBytes') + counted('tap.responseBytes');
    const before = await agent.counters();
    const values = await work();
    const after = await agent.counters();
    const lost = after('tap.lostBytes') - before('tap.lostBytes');
    return { ...values, '% of bytes lost': (100 * lost) / (lost + seen(after) - seen(before)) };
  };
  /** In one go, with one agent or none: what is compared lies seconds apart. */
  const untapped = async (): Promise<Values> => ({
    ...(await pacedLoad()),
    ...(await unrelatedWork()),
    ...(await closedLoops()),
  });
  const tapped = (): Promise<Values> =>
    tapping(
      paced.runtime,
      async (agent) => {
        await calls({ fast: warmUp.fast }, warmUp.seconds);
        await delay(warmUp.restMs);
        return {
          ...(await costing(agent, pacedLoad)),
          ...(await unrelatedWork()),
          ...(await losing(agent, closedLoops)),
        };
      },
      ['--image-endpoint', socket],
    );
  /** Of so many large messages, once every byte there and back is either seen or lost. */
  const bytesLost = async (agent: TapAgent, messages: number): Promise<number> => {
    let lost = 0;
    await waitFor('the last byte', async () => {
      const counted = await agent.counters();
      lost = counted('tap.lostBytes');
      const seen = counted('tap.requestBytes') + counted('tap.responseBytes');
      return seen + lost >= 2 * messages * largeBytes;
    });
    return lost;
  };
  const large = async (agent: TapAgent): Promise<Values> => {
    let lost = 0;
    for (let sent = 1; sent <= largeTimes; sent++) {
      await sendLarge(storm.socket, 1);
      lost = await bytesLost(agent, sent);
    }
    const rate = await sendLarge(storm.socket, largeTimes);
    return {
      'bytes lost': lost,
      'without a pause, MB/s each way': rate,
      'without a pause, bytes lost': (await bytesLost(agent, 2 * largeTimes)) - lost,
    };
  };
  const podStarts = async (agent: TapAgent): Promise<Values> => {
    const values = await costing(agent, () => storm.run(stormSeconds));
    const counted = await agent.counters();
    return {
      ...values,
      'events lost': counted('tap.lostKernelEvents'),
      'programs/s': values['programs/s'] ?? 0,
    };
  };

  const series = await interleaved(
    [
      { name: 'untapped', measure: untapped },
      { name: 'tapped', measure: tapped },
      { name: 'ten pod starts a second', measure: () => tapping(storm.socket, podStarts) },
      { name: '30 MB messages', measure: () => tapping(storm.socket, large) },
    ],
    context,
  );

  const ratio = (says: string, metric: string, most: number): Conclusion => ({
    says,
    values: ratios(roundsOf(series, 'tapped', metric), roundsOf(series, 'untapped', metric)),
    aim: { is: 'at most', value: most },
  });
  const perCall = (inFlight: number, most: number): Conclusion => ({
    says: `time per call in a closed loop, ${inFlight} in flight, times untapped`,
    values: ratios(
      roundsOf(series, 'untapped', `calls/s, ${inFlight} in flight`),
      roundsOf(series, 'tapped', `calls/s, ${inFlight} in flight`),
    ),
    aim: { is: 'at most', value: most },
  });
  const cost = (says: string, candidate: string, metric: string, most: number | null): Conclusion => ({
    says,
    values: roundsOf(series, candidate, metric),
    aim: most === null ? null : { is: 'at most', value: most },
  });
  return {
    title: 'What the tap costs',
    how: `\`critrace agent --source tap\`, compiled, all kernel events on, exporting to a collector that takes everything, every call of it:
the callers are no kubelet. "Untapped" is without any agent. "Tapped" is with one that watches both sockets and has run in: after its start it has
seen ${warmUp.seconds} s of a kubelet's loops, ${warmUp.fast} times as fast, and rested for ${warmUp.restMs / 1000} s. Either does the same in the same order, and they take turns.
Paced: what a kubelet with ${containers} containers asks for, ${callsPerSecond} calls/s for ${pacedSeconds} s, of a simulated runtime. Other work: a C program that calls
\`getppid\`, echoes ten bytes over TCP, and over a unix socket with a name that is not watched, ${250 * seconds} ms each. Closed loops: \`h2load\`,
one connection, ${seconds} s after a second of warm-up, \`Version\` of ${name}: at some tens of thousands of calls a second the agent cannot decode them all
beside client and runtime; the bytes that it lost are counted. Ten pod starts a second: the holder of the watched socket starts 290 programs a
second for ${stormSeconds} s. Messages of 30 MB: ${largeBytes / 1e6} MB there and back, as fast as the other side says them back, ${largeTimes} times, each when the agent has taken the one
before; and ${largeTimes} times without a pause. In these two the agent was just started. CPU is the scheduler's count of all threads, memory is read from \`/proc/PID/status\`
at the end; the kernel's maps, the rings among them, from \`/proc/PID/fdinfo\`.`,
    series,
    conclusions: [
      ratio(`p50 at ${callsPerSecond} calls/s, times untapped`, 'p50 ms', 1.02),
      ratio(`p99 at ${callsPerSecond} calls/s, times untapped`, 'p99 ms', 1.05),
      perCall(1, 1.03),
      perCall(8, 1.08),
      cost('% of bytes lost in the closed loops', 'tapped', '% of bytes lost', null),
      ...unrelated.map((metric) => ratio(`${metric.replace(' ns', '')}, times untapped`, metric, 1)),
      cost(`% of a core at ${callsPerSecond} calls/s, each exported`, 'tapped', '% of a core', null),
      cost(`RssAnon at ${callsPerSecond} calls/s, MiB`, 'tapped', 'RssAnon MiB', 90),
      cost(`VmRSS at ${callsPerSecond} calls/s, MiB`, 'tapped', 'VmRSS MiB', null),
      cost(`the kernel's maps at ${callsPerSecond} calls/s, MiB`, 'tapped', 'kernel maps MiB', null),
      cost('% of a core during ten pod starts a second', 'ten pod starts a second', '% of a core', null),
      cost('kernel events lost during ten pod starts a second', 'ten pod starts a second', 'events lost', 0),
      cost('RssAnon during ten pod starts a second, MiB', 'ten pod starts a second', 'RssAnon MiB', 90),
      cost('bytes lost of messages of 30 MB', '30 MB messages', 'bytes lost', 0),
      cost('the same without a pause', '30 MB messages', 'without a pause, bytes lost', null),
    ],
  };
};
