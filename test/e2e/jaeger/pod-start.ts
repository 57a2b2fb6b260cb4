import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runScenario } from '../../../src/demo/scenario.ts';
import { systemClock } from '../../../src/foundation/clock.ts';
import { critrace } from '../../cli/critrace.ts';
import { critraceProcess } from '../../support/critrace-process.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { untilThere } from '../../support/until.ts';
import { type JaegerSpan, type JaegerTrace, startJaeger } from './jaeger.ts';

const tag = ({ tags }: JaegerSpan, key: string): unknown => tags.find((one) => one.key === key)?.value;

/** The span that this one is a child of; undefined: it is the root. */
const parentOf = ({ spans }: JaegerTrace, { references }: JaegerSpan): JaegerSpan | undefined => {
  const parent = references.find(({ refType }) => refType === 'CHILD_OF')?.spanID;
  return spans.find(({ spanID }) => spanID === parent);
};

const serviceOf = ({ processes }: JaegerTrace, { processID }: JaegerSpan): string | undefined =>
  processes[processID]?.serviceName;

/** Microseconds are cut from nanoseconds: an end can lie one behind. */
const cutUs = 1;

const assertWellFormed = (trace: JaegerTrace): number => {
  let children = 0;
  for (const span of trace.spans) {
    assert.deepEqual(span.warnings ?? [], [], span.operationName);
    const parent = parentOf(trace, span);
    if (parent === undefined) continue;
    children += 1;
    assert.ok(span.startTime >= parent.startTime, span.operationName);
    assert.ok(
      span.startTime + span.duration <= parent.startTime + parent.duration + cutUs,
      span.operationName,
    );
  }
  return children;
};

interface Printed {
  readonly start: string;
  readonly end: string;
  readonly trace_id: string;
}

test('a pod start on a real runtime, as a real Jaeger shows it', async (t) => {
  const program = process.env.CRITRACE_JAEGER;
  if (program === undefined) throw new Error('this is started by test/e2e/jaeger/run');
  // The name that callers of this process are known by.
  process.title = 'kubelet';
  const jaeger = await startJaeger(t, program);
  const store = join(await temporaryFolder(t), 'store');
  const spool = join(await temporaryFolder(t), 'spool');
  const { calls } = await runScenario({
    runtime: 'containerd',
    clock: systemClock(),
    log: (line) => t.diagnostic(line),
    signal: new AbortController().signal,
    pace: 0.2,
    through: async (socket) => {
      const agent = critraceProcess(t, [
        'agent',
        ...['--source', 'tap', '-r', socket, '--otlp-endpoint', jaeger.otlp, '--spool-dir', spool],
        ...['--store-dir', store, '--metrics-exporter', 'none', '--page-listen', 'off'],
      ]);
      await agent.says(/"msg":"ready"/);
      return {
        socket,
        close: async () => {
          assert.equal(await agent.end('SIGTERM'), 0);
        },
      };
    },
  });
  assert.ok(calls.some(({ code }) => code !== 'OK'));

  // By the tag that a person would type.
  const start = await untilThere(async () => {
    const found = await jaeger.search('kubelet', { 'k8s.pod.name': 'web-0' });
    return (
      found.find(({ spans }) =>
        spans.some(({ operationName }) => operationName === 'pod start default/web-0'),
      ) ?? null
    );
  }, 'the start of default/web-0 in Jaeger');
  assert.ok(assertWellFormed(start) > 20, 'children');
  const root = start.spans.find((span) => span.operationName === 'pod start default/web-0');
  assert.ok(root !== undefined);
  assert.deepEqual(root.references, []);

  // The same duration as in the terminal.
  const inTerminal = await critrace(['trace', '--pod', 'default/web-0', '--from', store, '-o', 'json']);
  const printed: Printed = JSON.parse(inTerminal.stdout.split('\n')[0] ?? '');
  assert.equal(printed.trace_id, root.traceID);
  assert.equal(Number((BigInt(printed.end) - BigInt(printed.start)) / 1000n), root.duration);

  // What the kernel saw has names of its own, below the runtime's side of the call.
  const sandbox = start.spans.find(
    (span) => span.operationName.endsWith('/RunPodSandbox') && serviceOf(start, span) === 'containerd',
  );
  assert.ok(sandbox !== undefined);
  const isBelow = (span: JaegerSpan | undefined): boolean =>
    span !== undefined && (span === sandbox || isBelow(parentOf(start, span)));
  for (const name of ['cni.ADD bridge', 'containerd-shim start', 'runc create', 'runc start'])
    assert.ok(
      start.spans.some((span) => span.operationName === name && isBelow(span)),
      `${name} in ${start.spans.map(({ operationName }) => operationName)}`,
    );

  // Red at the client for every status but OK, and only there.
  const broken = await jaeger.search('kubelet', { 'k8s.pod.name': 'broken-0' });
  const red = broken.flatMap(({ spans }) => spans.filter((span) => tag(span, 'error') === true));
  const pull = red.find(({ operationName }) => operationName.endsWith('/PullImage'));
  assert.ok(pull !== undefined, `${red.map(({ operationName }) => operationName)}`);
  // Of one kind, as docs/jaeger.md says.
  const ofKind = await jaeger.search('kubelet', { 'rpc.status_code': String(tag(pull, 'rpc.status_code')) });
  assert.ok(ofKind.some(({ spans }) => spans.some(({ spanID }) => spanID === pull.spanID)));
  let told = 0;
  for (const trace of [start, ...broken]) {
    assertWellFormed(trace);
    for (const span of trace.spans) {
      const status = tag(span, 'rpc.status_code');
      if (tag(span, 'span.kind') !== 'client' || status === undefined) continue;
      told += 1;
      assert.equal(tag(span, 'error') === true, status !== 'OK', span.operationName);
    }
  }
  assert.ok(told > 10, `${told} calls`);

  assert.deepEqual(await jaeger.arrows(), ['kubelet -> containerd']);

  // The file at rest, as it is dropped on Jaeger's page.
  const uploaded = await jaeger.upload(readFileSync(join(store, 'traces.jsonl'), 'utf8'));
  const same = uploaded.find(({ traceID }) => traceID === root.traceID);
  assert.ok(same !== undefined);
  assertWellFormed(same);
  const ids = ({ spans }: JaegerTrace): readonly string[] => spans.map(({ spanID }) => spanID).sort();
  assert.deepEqual(ids(same), ids(start));
  assert.equal(same.spans.find(({ spanID }) => spanID === root.spanID)?.duration, root.duration);
  t.diagnostic(
    `trace ${root.traceID}: ${start.spans.length} spans, ${root.duration} us; ${uploaded.length} traces uploaded`,
  );
});
