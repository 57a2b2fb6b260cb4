import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import protobuf from 'protobufjs';
import * as z from 'zod';
import { durationBuckets } from '../../src/metrics/instruments/call-instruments.ts';
import { aClient, aRuntime } from '../support/a-runtime.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { grpcServer } from '../support/grpc.ts';
import { until } from '../support/until.ts';

const attributes = z
  .array(z.object({ key: z.string(), value: z.object({ stringValue: z.string() }) }))
  .default([]);
const point = z.object({
  attributes,
  asDouble: z.number().optional(),
  count: z.coerce.number().optional(),
  bucketCounts: z.array(z.coerce.number()).optional(),
  explicitBounds: z.array(z.number()).optional(),
});
const points = z.object({
  dataPoints: z.array(point),
  aggregationTemporality: z.number().optional(),
  isMonotonic: z.boolean().optional(),
});
const metric = z.object({
  name: z.string(),
  unit: z.string(),
  gauge: points.optional(),
  sum: points.optional(),
  histogram: points.optional(),
});
const request = z.object({
  resourceMetrics: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeMetrics: z.array(z.object({ metrics: z.array(metric) })),
    }),
  ),
});
type Request = z.infer<typeof request>;

/** Takes what an exporter of metrics sends over gRPC. */
const aReceiver = async (
  t: TestContext,
): Promise<{ readonly address: string; readonly got: readonly Request[] }> => {
  const root = await new protobuf.Root().load(join(import.meta.dirname, '../support/otlp-metrics.proto'));
  const type = root.lookupType('otlp.Request');
  const got: Request[] = [];
  const socket = join(await temporaryFolder(t), 'otlp.sock');
  const path = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';
  await grpcServer(
    t,
    {
      [path]: (call) => {
        got.push(request.parse(type.toObject(type.decode(call.request), { longs: Number })));
        call.write(Buffer.alloc(0));
        call.end();
      },
    },
    socket,
  );
  return { address: `unix:${socket}`, got };
};

const textOf = (of: z.infer<typeof attributes>): Record<string, string> =>
  Object.fromEntries(of.map(({ key, value }) => [key, value.stringValue]));

test('the same numbers to a collector, again and again, and once more at the end', async (t) => {
  const { address, got } = await aReceiver(t);
  const runtime = await aRuntime(t);
  const listen = join(await temporaryFolder(t), 'cri.sock');
  const agent = critraceProcess(t, [
    'agent',
    ...['--source', 'proxy', '-r', runtime.socket, '--listen', listen, '--host-id', 'h', '--node-name', 'n1'],
    ...['--metrics-exporter', 'otlp', '--metrics-interval', '1s', '--page-listen', 'off'],
    ...['--otlp-endpoint', address, '--traces-exporter', 'none'],
  ]);
  await agent.says(/"msg":"ready"/);
  assert.doesNotMatch(agent.stderr(), /metrics on/);
  const call = aClient(t, listen);
  await call('Version');
  await until(() => got.length >= 2, 'two requests');
  for (let n = 0; n < 4; n++) await call('Version');
  assert.equal(await agent.end('SIGTERM'), 0);

  const last = got.at(-1)?.resourceMetrics[0];
  assert.deepEqual(textOf(last?.resource.attributes ?? []), {
    'service.name': 'critrace',
    'service.version': '0.1.0',
    'service.instance.id': 'h',
    'host.id': 'h',
    'k8s.node.name': 'n1',
  });
  const metrics = new Map((last?.scopeMetrics[0]?.metrics ?? []).map((one) => [one.name, one]));
  const duration = metrics.get('rpc.client.call.duration');
  assert.equal(duration?.unit, 's');
  assert.equal(duration?.histogram?.aggregationTemporality, 2);
  const [all] = duration?.histogram?.dataPoints ?? [];
  assert.deepEqual(textOf(all?.attributes ?? []), {
    'rpc.system.name': 'grpc',
    'server.address': runtime.socket,
    'rpc.method': 'runtime.v1.RuntimeService/Version',
    'rpc.status_code': 'OK',
  });
  assert.equal(all?.count, 5);
  assert.deepEqual(all?.explicitBounds, [...durationBuckets]);
  assert.equal(all?.bucketCounts?.length, durationBuckets.length + 1);
  assert.equal(
    all?.bucketCounts?.reduce((sum, one) => sum + one, 0),
    5,
  );
  const calls = metrics.get('cri_calls');
  assert.equal(calls?.sum?.isMonotonic, true);
  assert.equal(calls?.sum?.dataPoints[0]?.asDouble, 5);
  assert.equal(metrics.get('critrace_ready')?.gauge?.dataPoints.length, 1);
});
