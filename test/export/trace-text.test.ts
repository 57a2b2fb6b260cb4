import assert from 'node:assert/strict';
import { it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { cells } from '../../src/export/terminal-text.ts';
import { renderTrace } from '../../src/export/trace-text.ts';
import { treeOf } from '../../src/export/trace-tree.ts';
import type { Span } from '../../src/spans/span.ts';
import { waitsAmong } from '../../src/store/waits.ts';
import { anOperation, aSpan, startOf } from '../store/a-span.ts';
import { waitingPods } from '../support/waiting-pods.ts';

const root = anOperation(0);
const { traceId } = root;
const child = (n: number, fromMs: number, ms: number, changes: Partial<Span>): Span =>
  aSpan(n, {
    traceId,
    parentSpanId: root.spanId,
    start: startOf(0) + BigInt(fromMs) * 1_000_000n,
    end: startOf(0) + BigInt(fromMs + ms) * 1_000_000n,
    ...changes,
  });
const sandbox = child(1, 0, 300, {});
const server = child(2, 0, 300, { parentSpanId: sandbox.spanId, kind: 'server' });
const plugin = child(3, 100, 150, {
  parentSpanId: server.spanId,
  kind: 'internal',
  name: 'cni bridge ADD',
  attributes: {},
});
const failed = child(4, 350, 100, {
  attributes: {
    'rpc.method': 'runtime.v1.ImageService/PullImage',
    'rpc.status_code': 'NOT_FOUND',
    'cri.rpc': 'PullImage',
    'container.image.name': 'nope:1',
  },
  status: { code: 'error', message: 'no such \u001b[31mimage' },
});
const convoy: Span = {
  ...aSpan(9),
  kind: 'internal',
  attributes: {
    'cri.symptom': 'convoy',
    'cri.symptom.explanation': 'RunPodSandbox held up 2 others',
  },
};
const spans = [failed, plugin, server, sandbox, root];
const options = { width: 120, colour: false, related: [convoy], waits: [], missing: 1 };

it('a trace says what it was, where the time went, what the kernel saw, and what is missing', () => {
  assert.equal(
    renderTrace(spans, options),
    [
      'pod start default/pod-0: 500ms, running',
      `trace ${traceId}, from 2026-11-23T23:25:36.000000000Z, seen of kubelet`,
      '',
      '    +0us  pod start default/pod-0  ████████████████████████████████████████████    500ms          running',
      '    +0us    RunPodSandbox          ██████████████████████████▍                     300ms          OK',
      '  +100ms      cni bridge ADD               █████████████▏                          150ms',
      '  +350ms    PullImage                                            ████████▊         100ms  nope:1  NOT_FOUND: no such \\x…',
      '',
      "where the time went  sandbox (with the network) 300ms (60 %), the kubelet's own time 50.0ms (10 %)",
      'convoy  RunPodSandbox held up 2 others',
      '1 parts of this trace are no longer there',
    ].join('\n'),
  );
});

it('who waited for whom: shaded, with the other call dashed where it is of another trace, and a wire to it where not', () => {
  const all = waitingPods();
  const trace = (pod: string): readonly Span[] =>
    all.filter(({ traceId }) =>
      all.some((one) => one.traceId === traceId && one.name === `pod start default/${pod}`),
    );
  const web = trace('web');
  const waits = waitsAmong(web, ({ spanId }) => all.find((span) => span.spanId === spanId) ?? null);
  const drawn = renderTrace(web, { width: 150, colour: false, related: [], waits, missing: 0 }).split('\n');
  assert.deepEqual(
    drawn.slice(4, 12).map((line) => line.slice(10, 106).trimEnd()),
    [
      '  RunPodSandbox                               ██▌                                        1.00s',
      '  waits for PullImage of default/api           ╌▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒                 9.00s',
      '  PullImage                                                             █████▏           2.00s',
      '  CreateContainer                                                            ██▌         1.00s',
      '  UpdateContainerResources                                                     █████▏    1.99s',
      '  kubelet, between calls                                                       ▎    ▲    100ms',
      '  StartContainer                                                                ▒▒▒▒▒    1.90s',
      '    waits for UpdateContainerResources of d…                                    ▒▒▒▒▒    1.89s',
    ],
  );
});

it('whatever the spans say, lines stay within the width and bring nothing to the terminal', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const arbitrary: fc.Arbitrary<Span> = fc
    .record({
      spanId: id,
      parentSpanId: fc.option(id),
      name: fc.string(),
      at: fc.nat(1000),
      ms: fc.nat(1000),
    })
    .map(({ at, ms, name, ...ids }) => ({
      ...aSpan(0, ids),
      name,
      kind: 'internal',
      start: startOf(at),
      end: startOf(at + ms),
      attributes: { 'k8s.container.name': name },
    }));
  fc.assert(
    fc.property(fc.array(arbitrary, { maxLength: 8 }), fc.integer({ min: 60, max: 200 }), (random, width) => {
      const text = renderTrace(random, { ...options, width, related: [], waits: [], missing: 0 });
      assert.equal(stripVTControlCharacters(text), text);
      const rows = text === '' ? [] : text.split('\n').slice(3);
      const tree = treeOf(random);
      assert.ok(tree.length <= random.length);
      assert.equal(rows.length, tree.length);
      if (width >= 120) for (const row of rows) assert.ok(cells(row) <= width, row);
    }),
  );
});
