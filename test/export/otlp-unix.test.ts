import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createExportCounters } from '../../src/export/counters.ts';
import { loadOtel } from '../../src/export/otel.ts';
import { createOtlpTransports } from '../../src/export/otlp-grpc.ts';
import { createToReadable } from '../../src/export/otlp-span.ts';
import { defaultSpanLimits } from '../../src/export/span-limits.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { aCall } from '../support/a-call.ts';
import { aSpanContext } from '../support/a-span-context.ts';
import { otlpBytes } from '../support/otlp-bytes.ts';
import { decodeRequest } from '../support/otlp-receiver.ts';
import { settingsFor } from '../support/otlp-settings.ts';

test('a collector on a unix socket, in each way to write its address', async (t) => {
  const collector = await otlpBytes(t);
  const toReadable = createToReadable(await loadOtel(), '0.0.0', defaultSpanLimits, createExportCounters());
  const path = collector.address.slice('unix:'.length);
  for (const endpoint of [`unix:${path}`, `unix://${path}`]) {
    const settings = settingsFor(0, { endpoint });
    const transport = (await createOtlpTransports(toReadable, 'critrace-test', () => {})).to(settings);
    const sent = await transport.send(spansOfCall(aCall(), aSpanContext()));
    await transport.close();
    assert.equal(sent.kind, 'sent', JSON.stringify(sent));
  }
  assert.equal(collector.requests.flatMap(decodeRequest).length, 4);
});
