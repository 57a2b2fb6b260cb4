import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createCallSpans } from '../../src/call-spans.ts';
import { createCasualties } from '../../src/calls/casualties/casualties.ts';
import type { Casualty } from '../../src/calls/casualties/casualty.ts';
import { createCasualtyCounters } from '../../src/calls/casualties/limits.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { findingLine } from '../../src/export/finding-json.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { observe } from '../../src/observe.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { createReplay } from '../../src/source/replay.ts';
import { createSpanCounters } from '../../src/spans/limits.ts';
import { type Told, tell } from '../calls/unreturned/story.ts';
import { at, task } from '../support/kernel-play.ts';

/** Key to type, as the page says it; an empty type is said elsewhere on it. */
type Keys = ReadonlyMap<string, string>;

const page = readFileSync(new URL('../../docs/reference/output.md', import.meta.url), 'utf8');
const fixtures = new URL('../fixtures/', import.meta.url).pathname;

const inBackquotes = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of the first table whose head is `heading`. */
const table = (text: string, heading: string): string[][] => {
  const [, ...parts] = text.split(heading);
  const lines = parts.join(heading).split('\n');
  const from = lines.findIndex((line) => line.startsWith('|'));
  const until = lines.findIndex((line, at) => at > from && !line.startsWith('|'));
  return lines.slice(from + 1, until < 0 ? undefined : until).map(cellsOf);
};

/** Each kind with its keys: of a heading that names several all have those of its first table. */
const documented = (): ReadonlyMap<string, Keys> => {
  const kinds = new Map<string, Keys>();
  for (const section of page.split(/^### /m).slice(1)) {
    const [heading = ''] = section.split('\n');
    const named = [...heading.matchAll(/"([a-z_]+)"/g)]
      .map(([, kind = '']) => kind)
      .filter((kind) => kind !== 'kind');
    const common = table(section, '| key | type | meaning |').flatMap(([names = '', types = '']) => {
      const each = types.split(', ');
      return inBackquotes(names).map((key, at) => [key, each[at] ?? each[0] ?? ''] as const);
    });
    const further = new Map(
      section.includes('| kind | further keys |')
        ? table(section, '| kind | further keys |').map(([kind = '', keys = '']) => [
            inBackquotes(kind)[0] ?? '',
            // What stands in brackets is inside of the key before it.
            inBackquotes(keys.replaceAll(/\([^)]*\)/g, '')).map((key) => [key, ''] as const),
          ])
        : [],
    );
    for (const kind of named)
      kinds.set(kind, new Map([['kind', 'text'], ...common, ...(further.get(kind) ?? [])]));
  }
  return kinds;
};

const isOf = (type: string, value: unknown): boolean => {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'text':
      return typeof value === 'string';
    case 'time':
      return typeof value === 'string' && /^\d+$/.test(value);
    case 'list':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && !Array.isArray(value);
    default:
      return type === '';
  }
};

async function* linesOf(path: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const replay = await createReplay({ input: path, pace: null, clock: systemClock() });
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  const spansOf = createCallSpans({
    identity: 'a-host',
    host: { hostId: 'a-host', hostName: 'a-host', nodeName: null, extra: {} },
    mode: 'replay',
    version: '0',
    counters: createSpanCounters(),
  });
  for await (const batch of observe(replay, pipeline, spansOf))
    for (const { finding, spans } of batch) yield JSON.parse(findingLine(finding, spans));
}

/** Made up, as no recording has them: a pod given up and tried again, a convoy, a list near the limit. */
const symptoms: readonly Told[] = [
  { rpc: 'RunPodSandbox', from: 0, to: 240_000, timeoutMs: 240_000, reset: 'CANCEL' },
  { rpc: 'RunPodSandbox', from: 241_000, to: 241_005 },
  { rpc: 'UpdateContainerResources', from: 300_000, to: 308_000, facts: { containerId: 'c' } },
  ...['ListContainers', 'Status', 'ListPodSandbox', 'ContainerStatus'].map((rpc, nth) => ({
    rpc,
    from: 301_000 + 1000 * nth,
    to: 308_010,
  })),
  { rpc: 'ListImages', service: 'ImageService', from: 400_000, to: 400_005, responseBytes: 15e6, items: 9 },
];

describe('docs/reference/output.md and the lines of every kind', () => {
  const kinds = documented();
  const seen = new Set<string>();

  const check = (line: Readonly<Record<string, unknown>>): void => {
    const kind = String(line.kind);
    const keys = kinds.get(kind);
    assert.ok(keys, `the page knows no "${kind}"`);
    seen.add(kind);
    const always = [...keys.keys()].filter((key) => key !== 'full');
    assert.deepEqual(Object.keys(line).sort(), always.sort(), kind);
    for (const [key, value] of Object.entries(line)) {
      const type = keys.get(key) ?? '';
      assert.ok(
        value === null || isOf(type, value),
        `${kind}.${key} is no ${type}: ${JSON.stringify(value)}`,
      );
    }
  };

  const captures = ['captures', 'kernel'].flatMap((folder) =>
    readdirSync(fixtures + folder)
      .filter((name) => name.endsWith('.jsonl.gz') && !name.endsWith('.truth.jsonl.gz'))
      .map((name) => `${folder}/${name}`),
  );
  for (const name of captures)
    it(name, async () => {
      for await (const line of linesOf(fixtures + name)) check(line);
    });

  it('what no recording shows', () => {
    for (const symptom of tell(symptoms, 500_000).symptoms)
      check(JSON.parse(findingLine({ kind: 'symptom', symptom }, [])));
    const casualties: Casualty[] = [];
    const { event, tick } = createCasualties(() => null, createCasualtyCounters());
    const process = task(1, 'web', 0);
    event({ kind: 'oom_kill', process, cgroup: null }, at(1), casualties);
    event({ kind: 'cgroup', action: 'freeze', path: '/a', process: null }, at(2), casualties);
    tick(at(60_000), casualties);
    for (const casualty of casualties) check(JSON.parse(findingLine({ kind: 'casualty', casualty }, [])));
  });

  it('no kind is left out', () => {
    assert.deepEqual(
      [...kinds.keys()].filter((kind) => !seen.has(kind)),
      [],
    );
  });
});
