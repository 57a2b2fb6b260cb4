import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it, test } from 'node:test';
import { createCallSpans } from '../src/call-spans.ts';
import type { Casualty } from '../src/calls/casualties/casualty.ts';
import type { ConnectionFinding, Finding } from '../src/calls/finding.ts';
import type { Symptom } from '../src/calls/unreturned/symptom.ts';
import { renderCompact } from '../src/export/compact.ts';
import { renderStoredSpan } from '../src/export/stored-span-line.ts';
import { replayHostFacts } from '../src/spans/host.ts';
import { createSpanCounters } from '../src/spans/limits.ts';
import { createNoteworthy } from '../src/store/noteworthy.ts';
import { rowOf } from '../src/store/row.ts';
import { symptomJson } from '../src/web/answers/noteworthy.ts';
import { aBook } from './metrics/a-book.ts';
import { aCall } from './support/a-call.ts';
import { sumOf } from './support/metrics-page.ts';

type Kind = Symptom['kind'] | Casualty['kind'] | `connection_${ConnectionFinding['finding']}`;

const call = aCall();
const told = {
  revision: 0,
  endpoint: call.endpoint,
  caller: call.caller,
  start: 1_000n,
  end: 2_000n,
  calls: [call],
  explanation: 'what was seen, and what to do',
} as const;
const symptom = (of: Symptom): Finding => ({ kind: 'symptom', symptom: of });

const whose = { pod: null, containerName: null, containerId: null } as const;
const hungry = { pid: 7, start: 7n, comm: 'hungry' };
const casualty = (of: Casualty): Finding => ({ kind: 'casualty', casualty: of });

const connection = (
  finding: ConnectionFinding['finding'],
  changes: Partial<ConnectionFinding> = {},
): Finding => ({
  kind: 'connection',
  connection: {
    ...{ finding, connection: 3, revision: 0, count: 1, detail: null, explanation: told.explanation },
    ...{ endpoint: call.endpoint, caller: call.caller, at: 2_000n },
    ...changes,
  },
});

/** One of each. A kind that is new does not compile until it is here. */
const one: Readonly<Record<Kind, Finding>> = {
  stuck_call: symptom({
    kind: 'stuck_call',
    ...told,
    ageNs: 9n,
    boundNs: 5n,
    ended: false,
    startUnknown: false,
  }),
  stream_interval: symptom({
    kind: 'stream_interval',
    ...told,
    ...{ messages: 1, bytes: 2, totalMessages: 1, totalBytes: 2, ended: false },
  }),
  retry_chain: symptom({
    kind: 'retry_chain',
    ...told,
    rpc: 'RunPodSandbox',
    subject: { kind: 'pod', text: 'default/web' },
    ...{ cause: 'deadline', count: 2, ends: { deadline: 2 }, zombie: null, outcome: null },
  }),
  convoy: symptom({
    kind: 'convoy',
    ...told,
    rpc: 'RunPodSandbox',
    followers: [{ rpc: 'Status', waitedNs: 5n, endedAfterNs: 1n }],
    ...{ count: 1, withinNs: 1n, passed: 0, stillWaiting: 0 },
  }),
  message_limit: symptom({
    kind: 'message_limit',
    ...told,
    ...{ method: call.method, bytes: 15, items: null, limitBytes: 16, stated: false },
    ...{ refusedBy: null, direction: 'response' },
  }),
  feature_fallback: symptom({
    kind: 'feature_fallback',
    ...told,
    ...{ feature: 'streamed lists', status: 'UNIMPLEMENTED', count: 1, instead: null, sticky: null },
  }),
  oom_kill: casualty({ kind: 'oom_kill', ...told, ...whose, process: hungry, cgroup: null }),
  frozen: casualty({ kind: 'frozen', ...told, ...whose, process: hungry, cgroup: '/a', ended: false }),
  connection_refused: connection('refused'),
  connection_not_http2: connection('not_http2', { detail: 'http1' }),
  connection_joined: connection('joined'),
  connection_gap: connection('gap', { count: 4711, detail: 'response' }),
};

const spansOf = createCallSpans({
  identity: 'a host',
  host: replayHostFacts('a host'),
  mode: 'tap',
  version: '0.0.0',
  counters: createSpanCounters(),
});

const page = readFileSync(new URL('../docs/findings.md', import.meta.url), 'utf8');

describe('a finding of each kind', () => {
  for (const [kind, finding] of Object.entries(one))
    it(`${kind} is in the store, on the page, in the terminal, in the numbers and in the docs`, async () => {
      const [span, ...more] = spansOf(finding, null);
      assert.ok(span !== undefined);
      assert.deepEqual(more, []);
      const row = rowOf(span);
      assert.equal(row?.kind, 'symptom');
      assert.equal(row.status, kind);
      const shown = symptomJson(span);
      assert.equal(shown.kind, kind);
      assert.ok(shown.explanation.length > 20);
      assert.ok(renderStoredSpan(span, { colour: false }).includes(shown.explanation.slice(0, 20)));
      assert.ok(renderCompact(finding, { colour: false }).length > 20);
      const { sink, samples } = aBook();
      sink.findings([{ finding, spans: [span] }]);
      assert.equal(sumOf(await samples(), 'critrace_findings_total', { kind: finding.kind }), 1);
      assert.ok(page.includes(`\`${kind}\``), `docs/findings.md has no ${kind}`);
    });
});

test('refusals and gaps are told as they double, and the page has the last word of them', () => {
  const noteworthy = createNoteworthy(10);
  const tell = (finding: Finding): number => {
    const spans = spansOf(finding, null);
    for (const span of spans) noteworthy.add(span);
    return spans.length;
  };
  const times = Array.from({ length: 9 }, (_, nth) => nth);
  const refusals = times.map((nth) =>
    tell(connection('refused', { connection: 10 + nth, count: nth + 1, at: BigInt(nth) })),
  );
  assert.deepEqual(refusals, [1, 1, 0, 1, 0, 0, 0, 1, 0]);
  const gaps = times.map((nth) =>
    tell(connection('gap', { revision: nth, count: 100 * (nth + 1), at: BigInt(nth) })),
  );
  assert.deepEqual(gaps, [1, 1, 0, 1, 0, 0, 0, 1, 0]);
  assert.deepEqual(
    noteworthy
      .list()
      .map(({ attributes }) => [attributes['cri.symptom'], attributes['cri.connection.count']]),
    [
      ['connection_gap', 800],
      ['connection_refused', 8],
    ],
  );
});
