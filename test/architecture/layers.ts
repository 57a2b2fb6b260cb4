import { posix } from 'node:path';
import { breachesOf, example, importOf, inSource, type Rule } from './rule.ts';

/**
 * What a folder of src/ may import besides itself: a plain name, its code; `type name`, its types only. The way of
 * the data is foundation <- kernel <- source and foundation <- http2 <- grpc <- cri <- calls <- spans <- export;
 * nothing looks to the right.
 */
export const layers: Readonly<Record<string, readonly string[]>> = {
  foundation: [],
  config: ['foundation'],
  kernel: ['foundation'],
  source: ['foundation', 'kernel'],
  http2: ['foundation'],
  grpc: ['foundation', 'type http2'],
  cri: ['foundation', 'type grpc'],
  calls: ['foundation', 'cri', 'type grpc', 'type http2', 'type kernel'],
  spans: ['foundation', 'type calls'],
  export: ['foundation', 'type spans', 'type calls'],
  store: ['foundation', 'type spans', 'type calls'],
  metrics: ['foundation', 'calls', 'spans', 'type export', 'type kernel', 'type health.ts'],
  web: ['foundation', 'store', 'type spans', 'type calls'],
  record: ['foundation', 'source', 'http2', 'grpc', 'cri', 'type kernel'],
  // Asks runtimes as the simulated kubelet does.
  doctor: ['foundation', 'config', 'kernel', 'source', 'demo'],
  // Stands outside: a runtime and a kubelet of its own, watched over a socket like any other.
  demo: ['foundation', 'cri'],
};

/** Files of src/ itself wire the layers; these only some of them. */
const wiring: Readonly<Record<string, readonly string[]>> = {
  'pipeline.ts': ['foundation', 'type source', 'http2', 'grpc', 'cri', 'calls', 'type kernel'],
  'observe.ts': [
    'foundation',
    'type source',
    'type calls',
    'type spans',
    'type export',
    'type pipeline.ts',
    'heartbeat.ts',
  ],
  'heartbeat.ts': ['type foundation', 'type export'],
};
const outermost = ['cli', 'demo'];

/** src/http2/frame.ts is of the part http2, src/agent.ts of the part agent.ts. */
const partOf = (path: string): string => path.split('/')[1] ?? '';
const isFile = (part: string): boolean => part.endsWith('.ts');

const refusal = (from: string, to: string, typeOnly: boolean): string | null => {
  if (from === to || from === 'cli') return null;
  const row = layers[from] ?? wiring[from];
  if (row === undefined && !isFile(from)) return `src/${from}/ has no row in the table of layers`;
  if (row === undefined) return outermost.includes(to) ? `${from} imports ${to}` : null;
  if (row.includes(to) || (typeOnly && row.includes(`type ${to}`))) return null;
  return row.includes(`type ${to}`)
    ? `${from} imports code of ${to}, only types may be`
    : `${from} imports ${to}`;
};

export const dependencyRule: Rule = {
  says: 'a folder imports what the table of layers allows, and nothing else',
  covers: (path) => inSource(path) && /\.tsx?$/.test(path),
  breaches: (source) =>
    breachesOf(source, (node) => {
      const found = importOf(node);
      if (found === null || !found.specifier.startsWith('.')) return null;
      const target = posix.join(posix.dirname(source.path), found.specifier);
      if (!inSource(target)) return `imports ${target}, which is outside src/`;
      return refusal(partOf(source.path), partOf(target), found.typeOnly);
    }),
  examples: {
    bad: [
      example('src/http2/frame.ts', "import type { Source } from '../source/source.ts';"),
      example('src/http2/hpack/table.ts', "import { log } from '../../export/log.ts';"),
      example('src/grpc/calls.ts', "import { decode } from '../http2/frame.ts';"),
      example('src/grpc/calls.ts', "import { type Frame, decode } from '../http2/frame.ts';"),
      example('src/cri/methods.ts', "export * from '../calls/call.ts';"),
      example('src/cri/methods.ts', "type Late = import('../calls/call.ts').Call;"),
      example('src/spans/ids.ts', "const late = await import('../cri/facts.ts');"),
      example('src/foundation/time.ts', "import '../pipeline.ts';"),
      example('src/pipeline.ts', "import { createProxy } from '../src/source/proxy.ts';"),
      example('src/agent.ts', "import { main } from './cli/main.ts';"),
      example('src/new-part/thing.ts', "import '../foundation/time.ts';"),
      example('src/cli/main.ts', "import '../../test/support/bytes.ts';"),
    ],
    good: [
      example('src/http2/hpack/table.ts', "import { text } from './string.ts'; import '../limits.ts';"),
      example('src/grpc/calls.ts', "import type { Frame } from '../http2/frame.ts';"),
      example('src/grpc/calls.ts', "import { type Frame } from '../http2/frame.ts';"),
      example('src/source/proxy.ts', "import { loadNative } from '../kernel/native.ts';"),
      example('src/agent.ts', "import './pipeline.ts'; import './store/write.ts';"),
      example('src/cli/replay.ts', "import '../pipeline.ts'; import '../demo/pod.ts';"),
      example('src/foundation/time.ts', "import { open } from 'node:fs';"),
    ],
  },
};

/** The cycles among files as they load: types are erased by then, and import() comes later. */
export const cyclesOf = (sources: readonly { path: string; text: string }[]): readonly string[] => {
  const edges = new Map<string, string[]>();
  for (const source of sources) {
    const targets: string[] = [];
    breachesOf(source, (node) => {
      const found = importOf(node);
      if (found?.specifier.startsWith('.') && !found.typeOnly && !found.lazy) {
        targets.push(posix.join(posix.dirname(source.path), found.specifier));
      }
      return null;
    });
    edges.set(source.path, targets);
  }
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) cycles.push([...way.slice(start), path].join(' -> '));
    if (start >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
};
