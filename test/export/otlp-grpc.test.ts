import assert from 'node:assert/strict';
import test from 'node:test';
import { createExportCounters } from '../../src/export/counters.ts';
import { loadOtel } from '../../src/export/otel.ts';
import { createOtlpTransports, type OtlpTransport } from '../../src/export/otlp-grpc.ts';
import type { OtlpSettings } from '../../src/export/otlp-settings.ts';
import { createToReadable } from '../../src/export/otlp-span.ts';
import { defaultSpanLimits } from '../../src/export/span-limits.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { aCall } from '../support/a-call.ts';
import { aSpanContext } from '../support/a-span-context.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { settingsFor } from '../support/otlp-settings.ts';

const otel = await loadOtel();
const spans = spansOfCall(aCall(), aSpanContext());

const transportTo = async (port: number, changes: Partial<OtlpSettings> = {}): Promise<OtlpTransport> => {
  const toReadable = createToReadable(otel, '0.0.0', defaultSpanLimits, createExportCounters());
  return (await createOtlpTransports(toReadable, 'critrace-test', () => {})).to(settingsFor(port, changes));
};

const withReceiver = async (
  body: (receiver: OtlpReceiver, transport: OtlpTransport) => Promise<void>,
  changes: Partial<OtlpSettings> = {},
): Promise<void> => {
  const receiver = await startOtlpReceiver();
  const transport = await transportTo(receiver.port, changes);
  try {
    await body(receiver, transport);
  } finally {
    await transport.close();
    receiver.close();
  }
};

test('a call arrives in a collector as a CLIENT and a SERVER span, to the nanosecond', () =>
  withReceiver(
    async (receiver, transport) => {
      assert.deepEqual(await transport.send(spans), { kind: 'sent', rejected: 0, reason: null });
      assert.equal(receiver.spans.length, 2);
      const [client, server] = receiver.spans;
      assert.ok(client && server);
      assert.equal(client.name, 'runtime.v1.RuntimeService/RunPodSandbox');
      assert.deepEqual([client.kind, server.kind], [3, 2]);
      assert.deepEqual([client.start, client.end], ['1795476336832945208', '1795476336834757830']);
      assert.equal(client.traceId, spans[0]?.traceId);
      assert.equal(server.parentSpanId, client.spanId);
      assert.deepEqual(
        [client.resource['service.name'], server.resource['service.name']],
        ['kubelet', 'containerd'],
      );
      assert.equal(client.resource['host.id'], server.resource['host.id']);
      assert.deepEqual(client.scope, {
        name: 'critrace',
        version: '0.0.0',
        schemaUrl: 'https://opentelemetry.io/schemas/1.45.0',
      });
      assert.deepEqual(client.attributes, { ...spans[0]?.attributes });
      assert.deepEqual(receiver.metadata?.get('x-team'), ['a b']);
    },
    { headers: { 'x-team': 'a b' }, gzip: true },
  ));

test('what the collector answers decides whether it is asked again', () =>
  withReceiver(async (receiver, transport) => {
    for (const [code, kind] of [
      [1, 'retry'],
      [4, 'retry'],
      [10, 'retry'],
      [11, 'retry'],
      [14, 'retry'],
      [15, 'retry'],
      [3, 'refused'],
      [7, 'refused'],
      [8, 'refused'],
      [12, 'refused'],
      [13, 'refused'],
      [16, 'refused'],
    ] as const) {
      receiver.answer = { kind: 'error', code };
      assert.equal((await transport.send(spans)).kind, kind, `code ${code}`);
    }
    receiver.answer = { kind: 'error', code: 8, retryAfterMs: 2_500 };
    const told = await transport.send(spans);
    assert.deepEqual(told.kind === 'retry' ? told.afterMs : told, 2_500);

    receiver.answer = { kind: 'partial', rejected: 1, message: 'one is too old' };
    assert.deepEqual(await transport.send(spans), { kind: 'sent', rejected: 1, reason: 'one is too old' });
    receiver.answer = { kind: 'ok' };
    assert.deepEqual(await transport.send(spans), { kind: 'sent', rejected: 0, reason: null });
  }));

test('a collector that takes and never answers is a retry once the timeout has passed', () =>
  withReceiver(
    async (receiver, transport) => {
      receiver.answer = { kind: 'silent' };
      assert.equal((await transport.send(spans)).kind, 'retry');
    },
    { timeoutMs: 50 },
  ));

test('nobody listens: a retry, not a success', async () => {
  const gone = await startOtlpReceiver();
  gone.close();
  const transport = await transportTo(gone.port);
  assert.equal((await transport.send(spans)).kind, 'retry');
  await transport.close();
});

test('a collector that comes back is found at the next try', async () => {
  const gone = await startOtlpReceiver();
  gone.close();
  const transport = await transportTo(gone.port);
  for (let n = 0; n < 4; n++) assert.equal((await transport.send(spans)).kind, 'retry');
  const back = await startOtlpReceiver(gone.port);
  assert.equal((await transport.send(spans)).kind, 'sent');
  assert.equal(back.spans.length, 2);
  await transport.close();
  back.close();
});
