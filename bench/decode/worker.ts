import type { SourceEvent } from '../../src/source/event.ts';
import { compiledModules } from '../compiled.ts';
import { connectionStride, loadWire, timeStride } from './wire.ts';

// The compiled decoder in a process of its own, so that it can be pinned to one core and that nothing else's CPU
// time is counted. Over IPC: a number of passes in, what they did and cost out.

export interface DecodeCost {
  readonly calls: number;
  readonly spans: number;
  readonly bytes: number;
  readonly wallSeconds: number;
  /** User and system time of all threads: the garbage collector's too. */
  readonly cpuSeconds: number;
}

const [capture] = process.argv.slice(2);
if (capture === undefined) throw new Error('usage: worker.ts CAPTURE');
const wire = await loadWire(capture);
const stride = connectionStride(wire.events);
const duration = timeStride(wire.events);
const modules = await compiledModules();
const pipeline = modules.createPipeline({ schema: modules.loadSchema(), full: false });
const spansOf = modules.createCallSpans({
  identity: wire.identity,
  host: modules.replayHostFacts(wire.identity),
  mode: 'replay',
  version: '0',
  counters: modules.createSpanCounters(),
});
let pass = 0;

/** The event in a pass of its own: on other connections, and later. */
const movedBy = (connections: number, time: bigint, event: SourceEvent): SourceEvent => {
  if (event.kind === 'kernel') return event;
  const connection = event.connection + connections;
  const seen = { at: event.seen.at + time, sentAt: null };
  if (event.kind !== 'data') return { ...event, connection, seen };
  // Written out: what a source makes for every piece of data must not cost more here than there.
  const { direction, bytes } = event;
  return { kind: 'data', connection, seen, direction, bytes };
};

const decode = (passes: number): DecodeCost => {
  let calls = 0;
  let spans = 0;
  const cpuBefore = process.cpuUsage();
  const wallBefore = process.hrtime.bigint();
  for (let end = pass + passes; pass < end; pass++) {
    const time = BigInt(pass) * duration;
    for (const event of wire.events) {
      for (const finding of pipeline.push(movedBy(pass * stride, time, event))) {
        if (finding.kind === 'call' && finding.call.revision === 0) calls += 1;
        spans += spansOf(finding, null).length;
      }
    }
  }
  const wallSeconds = Number(process.hrtime.bigint() - wallBefore) / 1e9;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { calls, spans, bytes: passes * wire.bytes, wallSeconds, cpuSeconds: (user + system) / 1e6 };
};

process.on('message', (passes) => process.send?.(decode(Number(passes))));
process.send?.('ready');
