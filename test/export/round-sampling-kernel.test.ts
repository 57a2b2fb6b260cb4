import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import type { Finding } from '../../src/calls/finding.ts';
import type { KernelStory } from '../../src/calls/kernel/story.ts';
import type { Round } from '../../src/calls/rounds/round.ts';
import {
  createRoundSampling,
  createSamplingCounters,
  defaultSamplingLimits,
  isSampledLater,
  type SamplingPolicy,
} from '../../src/export/round-sampling.ts';
import type { Span } from '../../src/spans/span.ts';
import { aCall } from '../support/a-call.ts';

const second = 1_000_000_000n;
const policy: SamplingPolicy = { ...defaultSamplingLimits, intervalNs: 60n * second, slowNs: second };

const block = { requests: 0, bytes: 0n, durationNs: 0n };
const story: KernelStory = {
  from: 0n,
  to: 1n,
  parts: [],
  partsDropped: 0,
  shares: [],
  unexplainedNs: 1n,
  breakdown: '',
  executions: 0,
  cpuNs: 0n,
  syncs: { count: 0, durationNs: 0n, slowest: null },
  sharedSyncs: { count: 0, durationNs: 0n },
  block,
  blockOfOthers: block,
  scheduling: null,
  marks: [],
  marksDropped: 0,
  ambiguous: 0,
  lostRecords: 0,
};

const span = (name: string): Span => ({
  traceId: '0'.repeat(31).concat('1'),
  spanId: '0'.repeat(15).concat('1'),
  parentSpanId: null,
  parentIsRemote: false,
  traceState: null,
  traceFlags: 1,
  name,
  kind: 'internal',
  start: 0n,
  end: 1n,
  attributes: {},
  status: { code: 'unset', message: null },
  events: [],
  links: [],
  resource: {},
});

/** Says which finding a span was made of. */
const made = (finding: Finding): readonly Span[] => {
  switch (finding.kind) {
    case 'call':
      return [span(`call ${finding.call.stream}`)];
    case 'kernel':
      return [span(`kernel ${finding.call.stream}`)];
    case 'round':
      return [span(`round ${finding.round.head.stream}`)];
    default:
      return [];
  }
};

/** A call of the relist whose first call is on stream `head`. */
const callOf = (stream: number, head: number | null, changes: Partial<Call> = {}): Call => {
  const call = aCall({ rpc: 'ListContainers', stream, ...changes });
  const { connection, connectionOrdinal, start, caller } = call;
  return head === null
    ? call
    : { ...call, round: { head: { connection, connectionOrdinal, stream: head, start, caller } } };
};

const failed: Partial<Call> = { result: { ...aCall().result, status: 'UNKNOWN', statusCode: 2 } };
const part: Partial<Call> = {
  operation: {
    role: 'part',
    key: { kind: 'pod_start', pod: 'uid', attempt: 0, container: null, generation: 0 },
  },
};

const round = (head: number, atSeconds: bigint, changes: Partial<Round> = {}): Finding => {
  const { connection, connectionOrdinal, start, caller, endpoint } = aCall();
  return {
    kind: 'round',
    round: {
      kind: 'pleg_relist',
      head: { connection, connectionOrdinal, stream: head, start, caller },
      endpoint,
      caller,
      start: atSeconds * second,
      end: atSeconds * second + second / 10n,
      calls: 2,
      errors: 0,
      failure: null,
      pods: 0,
      sandboxes: 1,
      containers: 1,
      listNs: 0n,
      slowest: null,
      intervalNs: null,
      staleNs: null,
      isUnhealthy: false,
      traceparents: [],
      explanation: '',
      ...changes,
    },
  };
};

const call = (of: Call): Finding => ({ kind: 'call', call: of });
const kernel = (of: Call): Finding => ({ kind: 'kernel', call: of, story });

const kept = (findings: readonly Finding[], changes: Partial<SamplingPolicy> = {}) => {
  const counters = createSamplingCounters();
  const sampling = createRoundSampling({ ...policy, ...changes }, made, counters);
  const spans = findings.map((finding) =>
    sampling([{ finding, spans: isSampledLater(finding) ? [] : made(finding) }]).flatMap((one) =>
      one.spans.map(({ name }) => name),
    ),
  );
  return { spans, counters };
};

/** The first relist, which is always kept, and the second, one second later. */
const first = [call(callOf(1, 1)), round(1, 0n)];
const relistAgain = (changes: Partial<Call>): readonly Finding[] => [
  ...first,
  call(callOf(3, 3, changes)),
  kernel(callOf(3, 3, changes)),
];
const firstSpans = [[], ['round 1', 'call 1']];

const cases: readonly {
  readonly name: string;
  readonly findings: readonly Finding[];
  readonly spans: readonly (readonly string[])[];
}[] = [
  {
    name: 'a round that is kept brings what the kernel saw of its calls',
    findings: [call(callOf(1, 1)), kernel(callOf(1, 1)), round(1, 0n)],
    spans: [[], [], ['round 1', 'call 1', 'kernel 1']],
  },
  {
    name: 'of one that is left out it goes as well',
    findings: [...relistAgain({}), round(3, 1n)],
    spans: [...firstSpans, [], [], []],
  },
  {
    name: 'it comes when its round is decided: left out',
    findings: [...first, call(callOf(3, 3)), round(3, 1n), kernel(callOf(3, 3))],
    spans: [...firstSpans, [], [], []],
  },
  {
    name: 'it comes when its round is decided: kept',
    findings: [...first, kernel(callOf(1, 1))],
    spans: [...firstSpans, ['kernel 1']],
  },
  {
    name: 'a call that failed keeps its round, and what the kernel saw',
    findings: [...relistAgain(failed), round(3, 1n)],
    spans: [...firstSpans, [], [], ['round 3', 'call 3', 'kernel 3']],
  },
  {
    name: 'of a call that failed, told after its round was left out',
    findings: [...first, call(callOf(3, 3)), round(3, 1n), kernel(callOf(3, 3, failed))],
    spans: [...firstSpans, [], [], ['kernel 3']],
  },
  {
    name: 'a slow round is kept',
    findings: [...relistAgain({}), round(3, 1n, { end: 3n * second })],
    spans: [...firstSpans, [], [], ['round 3', 'call 3', 'kernel 3']],
  },
  {
    name: 'of a call of a pod start nothing waits, also where it is in a round',
    findings: [call(callOf(5, 5, part)), kernel(callOf(5, 5, part))],
    spans: [['call 5'], ['kernel 5']],
  },
  {
    name: 'of a call without a round nothing waits',
    findings: [call(callOf(7, null)), kernel(callOf(7, null))],
    spans: [['call 7'], ['kernel 7']],
  },
];

for (const { name, findings, spans } of cases) {
  test(name, () => assert.deepEqual(kept(findings).spans, spans));
}

test('what is held is counted and bounded, with what the kernel saw', () => {
  const findings = [call(callOf(1, 1)), kernel(callOf(1, 1)), call(callOf(3, 3)), kernel(callOf(3, 3))];
  const { spans, counters } = kept(findings, { maxHeld: 2 });
  assert.deepEqual(spans, [[], [], ['call 1', 'kernel 1'], []]);
  assert.deepEqual([counters.heldNow, counters.roundsForcedOut], [2, 1]);
});
