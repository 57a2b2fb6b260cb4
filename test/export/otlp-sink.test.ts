import assert from 'node:assert/strict';
import test from 'node:test';
import { createExportCounters } from '../../src/export/counters.ts';
import { defaultSpoolLimits } from '../../src/export/limits.ts';
import { type OtlpSink, type OtlpSinkResult, openOtlpSink } from '../../src/export/otlp-sink.ts';
import type { Exported } from '../../src/export/sink.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { systemTimers } from '../../src/foundation/timers.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { aCall } from '../support/a-call.ts';
import { aSpanContext } from '../support/a-span-context.ts';
import { withDirectory } from '../support/a-spool.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { settingsFor } from '../support/otlp-settings.ts';

const context = aSpanContext();
const exported = (n: number, changes: Parameters<typeof aCall>[0] = {}): Exported => {
  const call = aCall({ stream: 2 * n + 1, ...changes });
  return { finding: { kind: 'call', call }, spans: spansOfCall(call, context) };
};

const counters = () => createExportCounters();

const limits = {
  ...defaultSpoolLimits,
  delayMs: 5,
  closeMs: 2_000,
  backoff: { initialMs: 5, maxMs: 20, factor: 2 },
};

const open = (
  port: number,
  spoolDirectory: string | null,
  environment: Record<string, string> = {},
  count = counters(),
): Promise<OtlpSinkResult> =>
  openOtlpSink({
    settings: settingsFor(port),
    spoolDirectory,
    limits,
    environment,
    version: '0.0.0',
    counters: count,
    log: () => {},
    timers: systemTimers(systemClock()),
  });

const opened = (result: OtlpSinkResult): OtlpSink =>
  result.kind === 'sink' ? result.sink : assert.fail(JSON.stringify(result.problem));

test('a real collector goes away, and comes back after a restart of the agent: every span arrives once', () =>
  withDirectory(async (directory) => {
    const before = await startOtlpReceiver();
    const { port } = before;
    const first = opened(await open(port, directory));
    first.findings([exported(0)]);
    await first.flush();
    assert.equal(before.spans.length, 2);
    before.close();

    first.findings([exported(1), exported(2)]);
    await first.flush();
    first.findings([exported(3)]);
    await first.close();

    const again = counters();
    const second = opened(await open(port, directory, {}, again));
    assert.equal(again.recovered, 6);
    second.findings([exported(4)]);
    await second.flush();
    assert.equal(second.collector(), 'away');
    const after = await startOtlpReceiver(port);
    await after.until(() => after.spans.length >= 8);
    assert.equal(new Set(after.spans.map(({ spanId }) => spanId)).size, 8);
    assert.equal(after.spans.length, 8);
    await second.close();
    assert.equal(again.delivered, 8);
    after.close();
  }));

test('samplers: the SDK’s own, asked once a call', async () => {
  const receiver = await startOtlpReceiver();
  const traced = (flags: string) => ({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}` });
  for (const [sampler, argument, unsampled, sampled, none] of [
    ['', '', 2, 2, 2],
    ['always_off', '', 0, 0, 0],
    ['parentbased_always_on', '', 0, 2, 2],
    ['parentbased_always_off', '', 0, 2, 0],
    ['traceidratio', '0', 0, 0, 0],
    ['traceidratio', '1', 2, 2, 2],
    ['parentbased_traceidratio', '0', 0, 2, 0],
  ] as const) {
    const count = counters();
    const environment = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument };
    const sink = opened(await open(receiver.port, null, environment, count));
    const deliveredOf = async (item: Exported): Promise<number> => {
      const before = count.delivered;
      sink.findings([item]);
      await sink.flush();
      return count.delivered - before;
    };
    const got = [
      await deliveredOf(exported(1, traced('00'))),
      await deliveredOf(exported(2, traced('01'))),
      await deliveredOf(exported(3)),
    ];
    assert.deepEqual(got, [unsampled, sampled, none], `${sampler} ${argument}`);
    assert.equal(count.sampledOut, 6 - unsampled - sampled - none);
    await sink.close();
  }
  receiver.close();
});

test('attribute limits shorten and leave out, and say how much', async () => {
  const receiver = await startOtlpReceiver();
  const count = counters();
  const environment = { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '5', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '7' };
  const sink = opened(await open(receiver.port, null, environment, count));
  sink.findings([exported(0)]);
  await sink.flush();
  const [client] = receiver.spans;
  assert.equal(Object.keys(client?.attributes ?? {}).length, 5);
  assert.equal(client?.attributes['rpc.method'], 'runtime');
  assert.ok(count.attributesDropped > 20);
  assert.ok(count.attributesCut > 2);
  await sink.close();
  receiver.close();
});

test('later revisions are counted, not sent again', async () => {
  const receiver = await startOtlpReceiver();
  const count = counters();
  const sink = opened(await open(receiver.port, null, {}, count));
  sink.findings([exported(0), exported(0, { revision: 1 })]);
  await sink.flush();
  assert.equal(receiver.spans.length, 2);
  assert.equal(count.revised, 2);
  await sink.close();
  receiver.close();
});

test('what cannot be used is named', async () => {
  for (const [environment, variable] of [
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, 'OTEL_TRACES_SAMPLER'],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, 'OTEL_TRACES_SAMPLER_ARG'],
    [{ OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: 'many' }, 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT'],
    [{ OTEL_CONFIG_FILE: '/etc/otel.yaml' }, 'OTEL_CONFIG_FILE'],
  ] as const) {
    const result = await open(4317, null, environment);
    assert.equal(result.kind === 'problem' ? result.problem.variable : result.kind, variable);
  }
  const tls = { rootCertificate: null, clientKey: Buffer.from('a key alone'), clientCertificate: null };
  const alone = await openOtlpSink({
    settings: settingsFor(4317, { tls }),
    spoolDirectory: null,
    environment: {},
    version: '0.0.0',
    counters: counters(),
    log: () => {},
    timers: systemTimers(systemClock()),
  });
  assert.equal(alone.kind === 'problem' && alone.problem.variable, 'OTEL_EXPORTER_OTLP_CERTIFICATE');
});
