import assert from 'node:assert/strict';
import test from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { Call } from '../../src/calls/call.ts';
import { durationText } from '../../src/export/call-text.ts';
import { wantsColour } from '../../src/export/colour.ts';
import { renderCompact } from '../../src/export/compact.ts';
import { createConsoleSink } from '../../src/export/console.ts';
import { cells, fit, terminalText } from '../../src/export/terminal-text.ts';
import { renderWaterfall, renderWaterfallByPod } from '../../src/export/waterfall.ts';
import { aCall } from '../support/a-call.ts';
import { called, containerd, play, program, sync, task, timedCall } from '../support/kernel-play.ts';
import { podPlay } from '../support/kernel-pod.ts';

const base = aCall();
const from = base.start ?? 0n;

/** A call `at` ms after the first, `ms` long. */
const call = (rpc: string, at: number, ms: number, changes: Partial<Call> = {}): Call =>
  aCall({
    rpc,
    method: `runtime.v1.RuntimeService/${rpc}`,
    start: from + BigInt(Math.round(at * 1e6)),
    end: from + BigInt(Math.round((at + ms) * 1e6)),
    ...changes,
  });

const facts = (changes: Partial<Call['facts']>) => ({ facts: { ...base.facts, ...changes } });

const podStart = [
  call('RunPodSandbox', 0, 300),
  call('PullImage', 300, 600, facts({ image: 'registry.k8s.io/nginx:1.27' })),
  call('CreateContainer', 900, 50, facts({ containerName: 'app' })),
  call('StartContainer', 950, 50, facts({ containerName: 'app' })),
  call('PullImage', 1000, 200, {
    ...facts({ image: 'nope:1' }),
    result: { ...base.result, status: 'NOT_FOUND', statusMessage: 'no such image' },
  }),
];

test('durations: three figures, and a unit', () => {
  for (const [ns, text] of [
    [0n, '0us'],
    [812_400n, '812us'],
    [4_213_000n, '4.21ms'],
    [93_400_000n, '93.4ms'],
    [312_000_000n, '312ms'],
    [12_340_000_000n, '12.3s'],
    [250_000_000_000n, '4m10s'],
    [-5_000n, '-5us'],
  ] as const)
    assert.equal(durationText(ns), text);
});

test('a pod’s start as one waterfall', () => {
  assert.equal(
    renderWaterfallByPod([...podStart, call('Version', 1200, 1, facts({ pod: null, sandboxId: null }))], {
      width: 120,
      colour: false,
    }),
    [
      'pod default/web',
      '    +0us  RunPodSandbox    ██████▊                        300ms                              OK',
      '  +300ms  PullImage              █████████████▌           600ms  registry.k8s.io/nginx:1.27  OK',
      '  +900ms  CreateContainer                      █▏        50.0ms  app                         OK',
      '  +950ms  StartContainer                        █▏       50.0ms  app                         OK',
      '  +1.00s  PullImage                              ████▌    200ms  nope:1                      NOT_FOUND: no such image',
      '',
      'no pod',
      '    +0us  Version  ████████████████████████████████████████████   1.00ms  OK',
    ].join('\n'),
  );
});

test('a waterfall keeps its width, its order and its rows, whatever the calls', () => {
  const someCall = fc
    .record({
      at: fc.integer({ min: 0, max: 100_000 }),
      ms: fc.integer({ min: 0, max: 100_000 }),
      open: fc.boolean(),
      name: fc.string({ unit: 'grapheme', maxLength: 60 }),
      message: fc.constantFrom(null, '', 'no', '\x1b[2J', '名前 '.repeat(30), 'a\nb'),
    })
    .map(({ at, ms, open, name, message }) =>
      call('StartContainer', at, ms, {
        ...facts({ containerName: name }),
        ...(open ? { end: null } : {}),
        result: { ...base.result, status: message === null ? 'OK' : 'UNKNOWN', statusMessage: message },
      }),
    );
  fc.assert(
    fc.property(
      fc.array(someCall, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 100, max: 200 }),
      (calls, width) => {
        const lines = renderWaterfall(calls, { width, colour: false }).split('\n');
        assert.equal(lines.length, calls.length);
        for (const line of lines) {
          assert.ok(cells(line) <= width, `${cells(line)} cells: ${line}`);
          assert.match(line, /[█▏▎▍▌▋▊▉]/);
          assert.equal(line, terminalText(line));
        }
      },
    ),
    { numRuns: 30 },
  );
  assert.equal(renderWaterfall([], { width: 100, colour: false }), '');
});

test('colour frames text and changes nothing else', () => {
  const coloured = renderWaterfallByPod(podStart, { width: 120, colour: true });
  assert.ok(coloured.includes('\x1b[31m'));
  assert.equal(
    stripVTControlCharacters(coloured),
    renderWaterfallByPod(podStart, { width: 120, colour: false }),
  );
  const finding = { kind: 'call', call: base } as const;
  assert.equal(
    stripVTControlCharacters(renderCompact(finding, { colour: true })),
    renderCompact(finding, { colour: false }),
  );
});

test('colour only on a terminal, and not against NO_COLOR', () => {
  for (const [isTerminal, environment, wanted] of [
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
  ] as const)
    assert.equal(wantsColour(isTerminal, environment), wanted);
});

test('compact lines', () => {
  const line = (changes: Partial<Call>) =>
    renderCompact({ kind: 'call', call: aCall(changes) }, { colour: false });
  assert.equal(line({}), '23:25:36.832945 kubelet    RunPodSandbox                1.81ms OK default/web');
  assert.equal(
    line({ ...facts({ pod: null, sandboxId: null, items: 110 }), rpc: 'ListContainers' }),
    '23:25:36.832945 kubelet    ListContainers               1.81ms OK 110 items',
  );
  assert.match(
    line({
      result: { ...base.result, status: null, outcome: 'reset', reset: { by: 'client', code: 'CANCEL' } },
    }),
    / reset by client \(CANCEL\) default\/web$/,
  );
  assert.match(
    line({ result: { ...base.result, lostBytes: 5 }, start: null }),
    / - OK .*\[start not seen, 5 bytes lost\]$/,
  );
  assert.match(
    line({ method: null, rpc: null, service: null, methodSource: 'unknown' }),
    /\(method unknown\)/,
  );
  assert.match(line({ method: 'a.B/C', rpc: 'C', service: null }), / a\.B\/C /);
  assert.match(line({ methodSource: 'inferred' }), / RunPodSandbox\? /);
});

test('compact lines of connections', () => {
  const about = {
    connection: 4,
    revision: 0,
    endpoint: '/run/c.sock',
    caller: base.caller,
    at: from,
    count: 3,
  };
  for (const [finding, text] of [
    ['refused', 'the runtime could not be reached at /run/c.sock (3x)'],
    ['not_http2', 'connection 4 does not speak HTTP/2: left alone'],
    ['joined', 'connection 4 is older than this observation: methods may stay unknown'],
    ['gap', 'connection 4: 3 bytes not seen'],
  ] as const) {
    const printed: string[] = [];
    createConsoleSink((line) => printed.push(line), false).findings([
      {
        finding: { kind: 'connection', connection: { ...about, finding, detail: null, explanation: '' } },
        spans: [],
      },
    ]);
    assert.deepEqual(printed, [`23:25:36.832945 kubelet    ${text}`]);
  }
});

test('no text from the wire reaches the terminal as a command, or as a second line', () => {
  for (const [text, shown] of [
    ['\x1b[2J', '\\x1b[2J'],
    ['a\r\nb\tc', 'a\\r\\nb\\tc'],
    ['\u009b31m', '\\x9b31m'],
    ['\u202ecod.exe', '\\u{202e}cod.exe'],
    ['\ud800', '\\u{d800}'],
    ['grüße 名前 😀', 'grüße 名前 😀'],
  ] as const)
    assert.equal(terminalText(text), shown);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const evil = aCall({
        method: text,
        rpc: text,
        service: null,
        caller: { ...base.caller, comm: text },
        facts: {
          ...base.facts,
          pod: { namespace: text, name: text, uid: text, attempt: 0 },
          containerName: text,
          image: text,
        },
        result: { ...base.result, status: text || 'X', statusMessage: text },
      });
      const printed = [
        renderCompact({ kind: 'call', call: evil }, { colour: false }),
        renderWaterfallByPod([evil], { width: 100, colour: false }),
      ];
      for (const line of printed.flatMap((part) => part.split('\n'))) assert.equal(line, terminalText(line));
      assert.equal(printed[0]?.includes('\n'), false);
    }),
  );
});

test('cells and fit', () => {
  for (const [text, width] of [
    ['abc', 3],
    ['名前', 4],
    ['e\u0301', 1],
    ['😀', 2],
  ] as const)
    assert.equal(cells(text), width);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      assert.equal(cells(fit(terminalText(text), width)), width);
    }),
  );
});

test('under a call, what the kernel saw of its work: where the time went, and each part under what started it', () => {
  const pod = podPlay({ nth: 1, from: 0 });
  const call: Call = { ...pod.run, kernel: play(pod.steps).storyOf(pod.run) };
  assert.equal(
    renderWaterfall([call], { width: 100, colour: false }),
    [
      '    +0us  RunPodSandbox            ███████████████████████▉    200ms        OK',
      '            53 % CNI (bridge 86 ms, portmap 18 ms, loopback 2.0 ms), 17 % runc create,',
      '            10 % containerd-shim start, 9 % runc start, 2 % fdatasync meta.db, 9 % unexplained',
      ' +4.00ms    fdatasync meta.db      ▍                          4.00ms',
      ' +10.0ms    cni.ADD loopback        ▍                         4.00ms  lo',
      ' +12.0ms    cni.ADD bridge          ██████████▎               86.0ms  eth0',
      ' +60.0ms      cni.ADD host-local          █▏                  10.0ms  eth0',
      '  +100ms    cni.ADD portmap                   ██▏             18.0ms  eth0',
      '  +104ms      exec iptables                    ▋              6.00ms',
      '  +120ms    containerd-shim start                ██▍          20.0ms',
      '  +142ms    runc create                             ████      34.0ms',
      '  +150ms      runc init                              █▏       10.0ms',
      '  +178ms    runc start                                  ██▏   18.0ms',
      '  +192ms    container pause                               ▉   8.00ms        goes on',
    ].join('\n'),
  );
});

test('syncs of one file are one row, and what failed says how', () => {
  const call = timedCall('CreateContainer', 0, 100);
  const create = task(910, 'runc', 60);
  const { storyOf } = play([
    ...called(call),
    sync(10, 20, containerd, 'bolt/meta.db'),
    sync(30, 50, containerd, 'bolt/meta.db'),
    ...program(60, 90, create, containerd, { argv: ['runc', 'create', call.facts.containerId ?? ''] }, 1),
  ]);
  const lines = renderWaterfall([{ ...call, kernel: storyOf(call) }], { width: 100, colour: false }).split(
    '\n',
  );
  assert.match(lines[2] ?? '', /\+30\.0ms {4}fdatasync meta\.db .* 30\.0ms .*2 times$/);
  assert.match(lines[3] ?? '', /runc create .* exit 1$/);
});
