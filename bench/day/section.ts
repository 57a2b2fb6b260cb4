import { fileURLToPath } from 'node:url';
import { start } from '../processes.ts';
import type { BenchContext, Section } from '../section.ts';
import type { DayEnd, DayMemory } from './worker.ts';

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** Equal parts of the day, at whose ends memory is read. */
const parts = 24;
/** A whole day, and a tenth of one for development. */
const whole = { seconds: 86_400, pods: 10_000 };
const short = { seconds: 8_640, pods: 1_000 };

const isMemory = (value: unknown): value is DayMemory =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'memory';
const isEnd = (value: unknown): value is DayEnd =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'end';

export const daySection = async (context: BenchContext): Promise<Section> => {
  // Rounds say nothing here: one day is measured.
  const { seconds, pods } = context.rounds >= 10 ? whole : short;
  const { child } = context.owns(
    await start(
      [process.execPath, '--expose-gc', '--import', 'tsx/esm', worker, `${seconds}`, `${pods}`, `${parts}`],
      { ipc: true },
    ),
  );
  const memory: DayMemory[] = [];
  const end = await new Promise<DayEnd>((resolve, reject) => {
    child.on('message', (message) => {
      if (isEnd(message)) resolve(message);
      if (!isMemory(message)) return;
      memory.push(message);
      const { calls, heapMegabytes, rssMegabytes } = message;
      context.say(`${calls} calls: heap ${heapMegabytes.toFixed(1)} MB, RSS ${rssMegabytes.toFixed(0)} MB`);
    });
    child.once('exit', () => reject(new Error('the day ended early')));
  });
  const heap = memory.map(({ heapMegabytes }) => heapMegabytes);
  const rss = memory.map(({ rssMegabytes }) => rssMegabytes);
  const half = Math.floor(heap.length / 2);
  /** The tables of pods are full by noon: what grows between the last two quarters grows for ever. */
  const late = heap.length - Math.floor(heap.length / 4);
  const before = heap.slice(half, late);
  const mean = before.reduce((sum, value) => sum + value, 0) / before.length;
  return {
    title: 'Memory over a day',
    how: `${(seconds / 3600).toFixed(1)} hours of a node's traffic, made byte by byte (\`bench/day/kubelet.ts\`): ${end.calls.toLocaleString('en-GB')} calls, the
loops of a kubelet and ${end.podStarts.toLocaleString('en-GB')} pods that start, run for five minutes, stop and are removed, and a
command of crictl each minute. It goes through the compiled pipeline into spans and their sampling, as fast as it can
(${end.seconds.toFixed(0)} s, with the making of the bytes; ${end.spans.toLocaleString('en-GB')} spans were left). The columns are ${parts} equal
parts of the day; the heap is read after a full garbage collection.`,
    series: [
      { candidate: 'critrace', metric: 'heap, MB', values: heap },
      { candidate: 'critrace', metric: 'RSS, MB', values: rss },
    ],
    conclusions: [
      {
        says: 'heap in the last quarter of the day, times that in the quarter before',
        values: heap.slice(late).map((value) => value / mean),
        aim: { is: 'at most', value: 1.05 },
      },
      { says: 'heap, MB, second half of the day', values: heap.slice(half), aim: null },
      { says: 'RSS, MB, second half of the day', values: rss.slice(half), aim: null },
    ],
  };
};
