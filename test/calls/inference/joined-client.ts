import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Call } from '../../../src/calls/call.ts';
import { loadSchema } from '../../../src/cri/schema.ts';
import { nanosPerSecond } from '../../../src/foundation/time.ts';
import { createPipeline } from '../../../src/pipeline.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import type { KubeletWire, Line } from './kubelet-wire.ts';
import { numbers } from './late-joins.ts';

const schema = loadSchema();
const unknownPeer = { pid: null, pidStart: null, uid: null, comm: null, cgroup: null };

/** The last revision of each call of a kubelet whose two connections are joined after `index` events. */
export const lastCalls = (events: readonly SourceEvent[], index: number): Call[] => {
  const pipeline = createPipeline({ schema, full: false });
  const calls = new Map<string, Call>();
  const take = (findings: ReturnType<typeof pipeline.push>): void => {
    for (const finding of findings) {
      if (finding.kind === 'call')
        calls.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
    }
  };
  const seen = events[index]?.seen ?? { at: 0n, sentAt: null };
  for (const connection of [1, 2]) {
    const client = { ...unknownPeer, pid: 77, pidStart: 5n, comm: 'kubelet' };
    const server = unknownPeer;
    take(
      pipeline.push({
        kind: 'open',
        connection,
        seen,
        endpoint: '/run/cri.sock',
        client,
        server,
        joined: true,
      }),
    );
  }
  for (const event of events.slice(index)) take(pipeline.push(event));
  take(pipeline.finish());
  return [...calls.values()];
};

const cuts = Number(process.env.CRITRACE_CUTS ?? 4);
const settledAfter = 10n * nanosPerSecond;

/** Joined at several moments: of what is named 99 % is right, and after 10 s 95 % is named. */
export const namesAreRight = (
  context: TestContext,
  line: Line,
  { events, begins, truth }: KubeletWire,
): void => {
  const random = numbers(line.what.length);
  const wrong: string[] = [];
  const unnamed = new Map<string, number>();
  let named = 0;
  let settled = 0;
  let all = 0;
  for (let cut = 0; cut < cuts; cut++) {
    const index = begins + Math.floor(random() * (0.75 * events.length - begins));
    const at = events[index]?.seen.at ?? 0n;
    for (const { connection, stream, rpc, apiVersion, start } of lastCalls(events, index)) {
      const known = truth.get(`${connection}/${stream}`);
      if (known === undefined) assert.fail(`there was no call ${connection}/${stream}`);
      all += 1;
      if (rpc !== null && rpc !== known.rpc) wrong.push(`${known.rpc} taken for ${rpc} at ${index}`);
      if (apiVersion !== null && apiVersion !== known.version) wrong.push(`${rpc} of ${known.version}`);
      if (start === null || start < at + settledAfter) continue;
      settled += 1;
      if (rpc !== null) named += 1;
      else unnamed.set(known.rpc, (unnamed.get(known.rpc) ?? 0) + 1);
    }
  }
  const left = [...unnamed].map(([rpc, times]) => `${rpc} x${times}`).join(', ');
  context.diagnostic(
    `${named} of ${settled} named after 10 s, ${wrong.length} of ${all} wrong; unnamed: ${left}`,
  );
  assert.ok(wrong.length <= 0.01 * all, wrong.join(', '));
  assert.ok(settled > 0);
  if (line.undecided)
    assert.ok(
      [...unnamed.keys()].every((rpc) => rpc.startsWith('List')),
      left,
    );
  else assert.ok(named >= 0.95 * settled, left);
};
