import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { critrace } from '../cli/critrace.ts';

const attributes = z.array(
  z.object({ key: z.string(), value: z.looseObject({ stringValue: z.string().optional() }) }),
);
const span = z.looseObject({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes,
  status: z.looseObject({ code: z.number().optional() }),
});
const line = z.object({
  resourceSpans: z.array(
    z.looseObject({
      resource: z.looseObject({ attributes }),
      scopeSpans: z.array(z.looseObject({ spans: z.array(span) })),
    }),
  ),
});

type Said = z.infer<typeof attributes>;
const text = (of: Said, key: string): string | undefined =>
  of.find((one) => one.key === key)?.value.stringValue;

interface Shown extends z.infer<typeof span> {
  readonly service: string | undefined;
  readonly host: string | undefined;
}

/** What Jaeger's upload and every OTLP backend is given of a real kubelet's session. */
const shownOf = async (capture: string): Promise<readonly Shown[]> => {
  const { code, stdout } = await critrace(
    ['replay', `test/fixtures/captures/${capture}.jsonl.gz`, '-o', 'otlp'],
    { timeoutMs: 60_000 },
  );
  assert.equal(code, 0);
  return stdout
    .trim()
    .split('\n')
    .flatMap((one) => line.parse(JSON.parse(one)).resourceSpans)
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) =>
        spans.map((of) => ({
          ...of,
          service: text(resource.attributes, 'service.name'),
          host: text(resource.attributes, 'host.id'),
        })),
      ),
    );
};

test('a real kubelet’s session is what trace backends show without a warning', async () => {
  const spans = await shownOf('kubelet-1.37-containerd-2.4');
  const byId = new Map(spans.map((one) => [`${one.traceId} ${one.spanId}`, one]));
  const parentOf = (one: Shown): Shown | undefined => byId.get(`${one.traceId} ${one.parentSpanId}`);
  // One host: Jaeger then does not correct times, nor warn of them.
  assert.equal(new Set(spans.map(({ host }) => host)).size, 1);
  assert.ok(spans[0]?.host !== undefined);
  let children = 0;
  for (const one of spans) {
    assert.ok(BigInt(one.endTimeUnixNano) >= BigInt(one.startTimeUnixNano));
    const parent = parentOf(one);
    if (parent === undefined) continue;
    children += 1;
    assert.ok(BigInt(one.startTimeUnixNano) >= BigInt(parent.startTimeUnixNano), one.name);
    assert.ok(BigInt(one.endTimeUnixNano) <= BigInt(parent.endTimeUnixNano), one.name);
  }
  assert.ok(children > 100);
  // The arrow of the dependency graph: a SERVER of one service below a CLIENT of another.
  const arrows = new Set(
    spans.flatMap((one) => {
      const parent = parentOf(one);
      return one.kind === 2 && parent?.kind === 3 ? [`${parent.service} -> ${one.service}`] : [];
    }),
  );
  assert.deepEqual([...arrows], ['kubelet -> containerd']);
  // Red at the client for every status but OK.
  const calls = spans.filter(({ kind }) => kind === 3);
  for (const { attributes: said, status } of calls) {
    const code = text(said, 'rpc.status_code');
    if (code !== undefined) assert.equal(status.code === 2, code !== 'OK');
  }
  assert.ok(calls.some(({ status }) => status.code === 2));
  // A pod's start is found by the tag that a person would type.
  const start = spans.find(({ name }) => name.startsWith('pod start '));
  assert.ok(start !== undefined);
  const pod = text(start.attributes, 'k8s.pod.name');
  assert.equal(start.name.endsWith(`/${pod}`), true);
  const found = spans.filter(({ attributes: said }) => text(said, 'k8s.pod.name') === pod);
  assert.ok(found.some(({ name }) => name.endsWith('/RunPodSandbox')));
});
