import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionFinding } from '../../src/calls/finding.ts';
import type { Negotiation } from '../../src/calls/negotiation/finding.ts';
import type { RetryChain, Symptom } from '../../src/calls/unreturned/symptom.ts';
import { createLargest } from '../../src/metrics/largest.ts';
import { aCall } from '../support/a-call.ts';
import { sumOf } from '../support/metrics-page.ts';
import { aBook, exportedCall } from './a-book.ts';

const call = aCall();
const told = { endpoint: call.endpoint, caller: call.caller, start: 0n, end: 1n, explanation: '' };

const chain = (changes: Partial<RetryChain>): Symptom => ({
  kind: 'retry_chain',
  revision: 0,
  ...told,
  calls: [call],
  rpc: 'RunPodSandbox',
  subject: { kind: 'pod', text: 'default/web' },
  cause: 'deadline',
  count: 1,
  ends: { deadline: 1 },
  zombie: { since: 0n, deadlineNs: null, evidence: 'none', knownUntil: null },
  outcome: null,
  ...changes,
});

test('a chain of tries counts once for each thing, however often it is told', async () => {
  const { sink, samples } = aBook();
  const tell = (symptom: Symptom): void =>
    sink.findings([{ finding: { kind: 'symptom', symptom }, spans: [] }]);
  const reserved = { since: 0n, deadlineNs: null, evidence: 'name_reserved', knownUntil: 5n } as const;
  tell(chain({}));
  tell(chain({ revision: 1, count: 2, zombie: reserved }));
  tell(chain({ revision: 2, count: 4, zombie: reserved }));
  tell(chain({ revision: 2, count: 4, zombie: reserved }));
  const all = await samples();
  const rpc_method = call.method ?? '';
  assert.equal(sumOf(all, 'cri_given_up_calls_total', { rpc_method, cause: 'deadline' }), 1);
  assert.equal(sumOf(all, 'cri_retry_chains_total', { rpc_method }), 1);
  assert.equal(sumOf(all, 'cri_retries_total', { rpc_method }), 3);
  assert.equal(sumOf(all, 'cri_zombie_calls_total', { rpc_method, evidence: 'name_reserved' }), 1);
  assert.equal(sumOf(all, 'cri_zombie_calls_total'), 1);
});

test('a call that is left out of the traces has its durations all the same, and no exemplar', async () => {
  const { sink, book, samples } = aBook();
  sink.findings([{ ...exportedCall({}), spans: [] }]);
  const all = await samples();
  const labels = { rpc_method: call.method ?? '', rpc_status_code: 'OK', error_type: '' };
  for (const side of ['client', 'server'])
    assert.equal(sumOf(all, `rpc_${side}_call_duration_seconds_count`, labels), 1, side);
  const seconds = Number((call.end ?? 0n) - (call.start ?? 0n)) / 1e9;
  assert.equal(sumOf(all, 'rpc_client_call_duration_seconds_sum', labels), seconds);
  assert.doesNotMatch(await book.openMetrics(), /trace_id/);
  sink.findings([exportedCall({ stream: 9 })]);
  assert.match(await book.openMetrics(), /trace_id/);
});

test('calls at their deadline and refused features are counted from the calls themselves', async () => {
  const { sink, samples } = aBook();
  const { result } = call;
  const late = {
    ...result,
    outcome: 'reset',
    status: null,
    statusCode: null,
    reset: { by: 'client', code: 'CANCEL' },
  } as const;
  const ended = (call.start ?? 0n) + (call.timeoutNs ?? 0n);
  sink.findings([
    exportedCall({ result: late, end: ended }),
    // Cancelled long before.
    exportedCall({ stream: 7, result: late }),
    exportedCall({
      stream: 9,
      rpc: 'StreamContainers',
      method: 'runtime.v1.RuntimeService/StreamContainers',
      result: {
        ...result,
        status: 'UNIMPLEMENTED',
        statusCode: 12,
        statusMessage: 'unknown method StreamContainers',
      },
    }),
    // Of a call that is told anew nothing is counted again.
    exportedCall({ revision: 1, result: late, end: ended }),
  ]);
  const all = await samples();
  assert.equal(sumOf(all, 'cri_deadline_exceeded_total'), 1);
  assert.equal(sumOf(all, 'cri_feature_refusals_total', { feature: 'list_streaming' }), 1);
  assert.equal(sumOf(all, 'rpc_client_call_duration_seconds_count'), 3);
});

test('the verdict of a program is what its newest process came to', async () => {
  const { sink, samples } = aBook();
  const tell = (verdict: Negotiation['verdict'], comm: string): void => {
    const negotiation: Negotiation = {
      ...told,
      connection: 1,
      revision: 0,
      service: 'RuntimeService',
      caller: { ...call.caller, comm },
      probes: [],
      verdict,
      inferred: false,
      version: null,
      previous: null,
      change: 'first',
      predecessor: null,
      loop: null,
      count: 1,
    };
    sink.findings([{ finding: { kind: 'negotiation', negotiation }, spans: [] }]);
  };
  tell('fell_back_to_v1alpha2', 'kubelet-1.25');
  tell('v1', 'crictl');
  tell('v1', 'kubelet');
  const all = await samples();
  const verdict = (caller: string, of: string): number =>
    sumOf(all, 'cri_negotiation_verdict', { caller, verdict: of, service: 'RuntimeService' });
  assert.equal(verdict('kubelet', 'fell_back_to_v1alpha2'), 0);
  assert.equal(verdict('kubelet', 'v1'), 1);
  assert.equal(verdict('crictl', 'v1'), 1);
  assert.equal(all.filter(({ name }) => name === 'cri_negotiation_verdict').length, 3);
  assert.equal(sumOf(all, 'cri_negotiations_total', { verdict: 'v1' }), 2);
});

test('calls in flight have an age, but for streams without end', async () => {
  const start = call.start ?? 0n;
  const open = { end: null, result: { ...call.result, outcome: 'in_flight', end: null } } as const;
  const events = { rpc: 'GetContainerEvents', method: 'runtime.v1.RuntimeService/GetContainerEvents' };
  const inFlight = [
    aCall(open),
    aCall({ ...open, start: start + 5_000_000_000n }),
    aCall({ ...open, start: null, method: null, rpc: null }),
    aCall({ ...open, ...events, start: 0n }),
  ];
  const { samples } = aBook({ now: () => start + 7_000_000_000n, inFlight });
  const all = await samples();
  const rpc_method = call.method ?? '';
  assert.equal(sumOf(all, 'cri_calls_in_flight'), 4);
  assert.equal(sumOf(all, 'cri_calls_in_flight', { rpc_method }), 2);
  assert.equal(sumOf(all, 'cri_calls_in_flight', { rpc_method: '_OTHER' }), 1);
  assert.equal(sumOf(all, 'cri_calls_in_flight_oldest_age_seconds', { rpc_method }), 7);
  assert.equal(all.filter(({ name }) => name === 'cri_calls_in_flight_oldest_age_seconds').length, 1);
});

test('the largest of the last one to two windows', () => {
  const largest = createLargest(10n);
  largest.saw('a', 5, 100n);
  largest.saw('a', 3, 105n);
  assert.deepEqual([...largest.all(109n)], [['a', 5]]);
  largest.saw('a', 4, 111n);
  assert.deepEqual([...largest.all(119n)], [['a', 5]]);
  assert.deepEqual([...largest.all(122n)], [['a', 4]]);
  assert.deepEqual([...largest.all(143n)], []);
});

test('a connection counts once for each thing that befell it, by its program and endpoint', async () => {
  const { sink, samples } = aBook();
  const tell = (finding: ConnectionFinding['finding'], revision = 0): void =>
    sink.findings([
      {
        finding: {
          kind: 'connection',
          connection: {
            ...{ finding, revision, connection: 3, endpoint: '/run/c.sock', caller: call.caller, at: 1n },
            ...{ count: 100 * (revision + 1), detail: null, explanation: '' },
          },
        },
        spans: [],
      },
    ]);
  tell('joined');
  tell('not_http2');
  for (const revision of [0, 1, 2]) tell('gap', revision);
  tell('refused');
  tell('refused');
  const all = await samples();
  const labels = { server_address: '/run/c.sock', caller: 'kubelet' };
  for (const reason of ['joined', 'not_http2', 'gap'])
    assert.equal(sumOf(all, 'cri_connections_impaired_total', { ...labels, reason }), 1, reason);
  assert.equal(sumOf(all, 'cri_connections_impaired_total'), 3);
  assert.equal(sumOf(all, 'cri_connections_refused_total', labels), 2);
});
