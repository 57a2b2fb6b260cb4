import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quietCore, type StartedProcess, start } from '../processes.ts';
import { type BenchContext, type Candidate, interleaved, roundsOf, type Section } from '../section.ts';
import { ratios } from '../statistics.ts';
import { pcapOf } from './pcap.ts';
import { runTshark, type TsharkReads } from './tshark.ts';
import { loadWire } from './wire.ts';
import type { DecodeCost } from './worker.ts';

const captures = fileURLToPath(new URL('../../test/fixtures/captures/', import.meta.url));
const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** A present kubelet's ordinary traffic, and the largest replies there are. */
const ordinary = 'kubelet-1.37-containerd-2.4';
const large = 'many-c24-crictl1.36';

const callsPerSecond = 'calls/s';
const megabytesPerSecond = 'MB/s';

/** Passes of the capture until the compiler is through, and that tshark reads in one run. */
const warmUpPasses = 60;
const tsharkPasses = 8;
/**
 * While it waits for its turn V8 gives back its young generation, and what comes first pays for having it again: up to half
 * of a round that is short.
 */
const passesAfterWaiting = 10;

const answerOf = (process: StartedProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    process.child.once('message', resolve);
    process.child.once('exit', () => reject(new Error('the decoder ended')));
  });

const isCost = (value: unknown): value is DecodeCost =>
  typeof value === 'object' && value !== null && 'cpuSeconds' in value;

const decoder = async (
  context: BenchContext,
  name: string,
  capture: string,
  passes: number,
): Promise<Candidate> => {
  const path = join(captures, `${capture}.jsonl.gz`);
  const process = context.owns(
    await start(
      ['taskset', '-c', quietCore(), globalThis.process.execPath, '--import', 'tsx/esm', worker, path],
      { ipc: true },
    ),
  );
  const decode = async (count: number): Promise<DecodeCost> => {
    process.child.send(count);
    const answer = await answerOf(process);
    if (!isCost(answer)) throw new Error('the decoder gave no numbers');
    return answer;
  };
  await answerOf(process);
  await decode(Math.min(warmUpPasses, 2 * passes));
  return {
    name,
    async measure() {
      await decode(passesAfterWaiting);
      const { calls, bytes, cpuSeconds } = await decode(passes);
      return { [callsPerSecond]: calls / cpuSeconds, [megabytesPerSecond]: bytes / cpuSeconds / 1e6 };
    },
  };
};

const tshark = async (context: BenchContext, name: string, reads: TsharkReads): Promise<Candidate> => {
  const wire = await loadWire(join(captures, `${ordinary}.jsonl.gz`));
  const core = quietCore();
  const [full, empty] = [join(context.folder, 'wire.pcap'), join(context.folder, 'empty.pcap')];
  await writeFile(full, pcapOf(wire.events, tsharkPasses));
  await writeFile(empty, pcapOf([], 0));
  const expected = tsharkPasses * wire.requests;
  return {
    name,
    async measure() {
      const startUp = await runTshark(core, empty, reads);
      const { calls, cpuSeconds } = await runTshark(core, full, reads);
      if (calls !== expected) throw new Error(`tshark found ${calls} calls of ${expected}`);
      const seconds = cpuSeconds - startUp.cpuSeconds;
      return {
        [callsPerSecond]: calls / seconds,
        [megabytesPerSecond]: (tsharkPasses * wire.bytes) / seconds / 1e6,
      };
    },
  };
};

export const decodeSection = async (context: BenchContext): Promise<Section> => {
  const passes = Math.max(5, Math.round(context.seconds * 40));
  const series = await interleaved(
    [
      await decoder(context, 'critrace', ordinary, passes),
      await tshark(context, 'tshark, headers', 'headers'),
      await tshark(context, 'tshark, headers and messages', 'messages'),
      await decoder(context, 'critrace, large replies', large, Math.max(3, Math.round(passes / 2))),
    ],
    context,
  );
  const critrace = roundsOf(series, 'critrace', callsPerSecond);
  const against = (name: string): number[] => ratios(critrace, roundsOf(series, name, callsPerSecond));
  return {
    title: 'From wire to spans',
    how: `The capture \`${ordinary}\` (a kubelet's ordinary traffic), its lines parsed beforehand, replayed
${passes} times a round with connections of their own through the compiled pipeline (HTTP/2, HPACK, gRPC, CRI messages,
calls) into the spans of every call. \`tshark\` reads the same bytes, ${tsharkPasses} times, as TCP from a pcap file: once
printing stream, path and status only, once also the names and ids in the messages, with critrace's own \`proto/\`: the
work that critrace does. Both are pinned to one core; the seconds are CPU seconds, user and system, of all threads
(the garbage collector's too), after a warm-up and, each round, ${passesAfterWaiting} passes that do not count; what \`tshark\` needs to start is measured on an empty file and taken off.
"Large replies" is \`${large}\`, with lists of 280 kB and more.`,
    series,
    conclusions: [
      { says: 'calls/s on one core', values: critrace, aim: { is: 'at least', value: 50_000 } },
      {
        says: 'times tshark that reads the messages too',
        values: against('tshark, headers and messages'),
        aim: { is: 'at least', value: 20 },
      },
      {
        says: 'times tshark that reads headers only',
        values: against('tshark, headers'),
        aim: { is: 'at least', value: 20 },
      },
      {
        says: 'MB/s on one core, large replies',
        values: roundsOf(series, 'critrace, large replies', megabytesPerSecond),
        aim: null,
      },
    ],
  };
};
