import assert from 'node:assert/strict';
import { expectedPodsAt } from '../../calls/identity/truth.ts';
import { critrace } from '../../cli/critrace.ts';

type Line = Readonly<Record<string, unknown>>;

const isLine = (value: unknown): value is Line => typeof value === 'object' && value !== null;
const textOf = (line: Line, key: string): string => {
  const value = line[key];
  return typeof value === 'string' ? value : String(value ?? '');
};
const inner = (line: Line, key: string): Line => {
  const value = line[key];
  return isLine(value) ? value : {};
};

/** What `critrace replay FILE -o json` says, the real program. */
const replayed = async (file: string): Promise<readonly Line[]> => {
  const { code, stdout, stderr } = await critrace(['replay', file, '-o', 'json']);
  assert.equal(code, 0, stderr);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => {
      const value: unknown = JSON.parse(line);
      assert.ok(isLine(value));
      return value;
    });
};

const socketText = (line: Line): string =>
  textOf(line, 'endpoint').endsWith('images.sock') ? ' at images.sock' : '';

const negotiationText = (line: Line): string => {
  const { pid } = inner(line, 'caller');
  const inferred = line.inferred === true ? ', inferred' : '';
  return `${pid} ${textOf(line, 'service')}${socketText(line)}: ${textOf(line, 'verdict')} (${textOf(line, 'change')}, ${line.count} in a row${inferred})`;
};

/** `100 RuntimeService: fell_back_to_v1alpha2 (fell_back, 1 in a row)`, in the order in which they were told. */
export const negotiationsOf = async (file: string): Promise<readonly string[]> =>
  (await replayed(file)).filter(({ kind }) => kind === 'negotiation').map(negotiationText);

/** `path` without its ending, and its truth beside it. */
export const found = async (path: string) => {
  const lines = await replayed(`${path}.jsonl.gz`);
  const ofKind = (kind: string): Line[] => lines.filter((line) => line.kind === kind);
  return {
    negotiations: ofKind('negotiation').map(negotiationText),
    upgrades: ofKind('upgrade').map((line) => textOf(line, 'explanation')),
    /** `1 in 2` calls that name a pod in the wrong way, with all of them. */
    identity() {
      const calls = new Map(ofKind('call').map((line) => [`${line.connection}/${line.stream}`, line]));
      const expected = expectedPodsAt(path);
      const wrong = expected.flatMap(({ key, rpc, pod, attempt }) => {
        const call = calls.get(key);
        const said = inner(call ?? {}, 'pod');
        const isRight =
          said.namespace === pod.namespace &&
          said.name === pod.name &&
          said.uid === pod.uid &&
          (attempt === null || said.attempt === attempt);
        return isRight
          ? []
          : [`${key} ${rpc}: ${JSON.stringify(said)} for ${JSON.stringify({ ...pod, attempt })}`];
      });
      const named = new Set(expected.map(({ key }) => key));
      const invented = [...calls].filter(([key, call]) => inner(call, 'pod').name != null && !named.has(key));
      return {
        expected: expected.length,
        wrong,
        invented: invented.map(([key, call]) => `${key} ${call.rpc}`),
      };
    },
    features: ofKind('feature_fallback').map(
      (line) => `${textOf(line, 'feature')} ${line.instead} ${line.sticky}`,
    ),
    operations: ['pod_start', 'container_start', 'pod_stop'].flatMap((kind) =>
      ofKind(kind).map((line) => {
        const { name, attempt } = inner(line, 'pod');
        const container = line.container === null ? '' : ` ${line.container} #${line.container_attempt}`;
        return `${kind} ${name} #${attempt}${container}: ${textOf(line, 'outcome')}`;
      }),
    ),
    rounds: new Set(ofKind('round').map((line) => textOf(line, 'round'))),
    roundCallers: new Set(ofKind('round').map((line) => inner(line, 'caller').comm)),
    /** `db: pull_queue 4.0 s behind PullImage of shop/web`. */
    waits: ofKind('pod_start').flatMap((line) => {
      const { waits } = line;
      assert.ok(Array.isArray(waits));
      return waits.filter(isLine).map((wait) => {
        const ns = BigInt(textOf(wait, 'end')) - BigInt(textOf(wait, 'start'));
        const behind = isLine(wait.behind) ? ` behind ${textOf(wait.behind, 'text')}` : '';
        return `${inner(line, 'pod').name}: ${textOf(wait, 'on')} ${(Number(ns) / 1e9).toFixed(1)} s${behind}`;
      });
    }),
    calls: ofKind('call'),
  };
};
