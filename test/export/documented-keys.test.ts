import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Casualty } from '../../src/calls/casualties/casualty.ts';
import type { Finding } from '../../src/calls/finding.ts';
import type { Symptom } from '../../src/calls/unreturned/symptom.ts';
import { findingLine } from '../../src/export/finding-json.ts';
import { aCall } from '../support/a-call.ts';
import { replayFindings } from '../support/replay-calls.ts';
import { type DocumentedKeys, documentedKinds } from './documented-keys.ts';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const captures = ['captures', 'kernel'].flatMap((folder) =>
  readdirSync(`${fixtures}${folder}`)
    .filter((name) => /(?<!\.truth)\.jsonl\.gz$/.test(name))
    .map((name) => `${fixtures}${folder}/${name}`),
);
const kinds = documentedKinds();
const calls: DocumentedKeys = kinds.get('call') ?? new Map();

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The words of the page for types, and what they promise. */
const forms: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  time: (value) => typeof value === 'string' && /^\d{1,19}$/.test(value),
  integer: (value) => Number.isSafeInteger(value),
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  list: Array.isArray,
  object: isObject,
};

/** What a line and the page do not agree on. */
const disagreements = (line: Record<string, unknown>): string[] => {
  const kind = String(line.kind);
  const documented = kinds.get(kind);
  if (documented === undefined) return [`kind ${kind} is not documented`];
  const wrong = Object.keys(line)
    .filter((key) => key !== 'kind' && !documented.has(key))
    .map((key) => `${kind}.${key} is not documented`);
  for (const [key, ownType] of documented) {
    if (!(key in line)) {
      // The one key that is there on request only.
      if (key !== 'full') wrong.push(`${kind}.${key} is missing`);
      continue;
    }
    const value = line[key];
    const type = ownType === '' ? (calls.get(key) ?? '') : ownType;
    if (value !== null && type !== '' && !forms[type]?.(value))
      wrong.push(`${kind}.${key} is not ${type}: ${JSON.stringify(value)}`);
  }
  return wrong;
};

const call = aCall();
const common = {
  revision: 0,
  endpoint: call.endpoint,
  caller: call.caller,
  start: 1n,
  end: 2n,
  calls: [call],
  explanation: 'text',
} as const;

/** What no recording shows. */
const symptoms: readonly Symptom[] = [
  { ...common, kind: 'stuck_call', ageNs: 2n, boundNs: 1n, ended: false, startUnknown: true },
  {
    ...common,
    kind: 'retry_chain',
    rpc: 'RunPodSandbox',
    subject: { kind: 'pod', text: 'default/web' },
    cause: 'deadline',
    count: 2,
    ends: { deadline: 2 },
    zombie: { since: 1n, deadlineNs: null, evidence: 'none', knownUntil: null },
    outcome: null,
  },
  {
    ...common,
    kind: 'convoy',
    rpc: 'ListContainers',
    followers: [{ rpc: null, waitedNs: 1n, endedAfterNs: 1n }],
    count: 1,
    withinNs: 1n,
    passed: 0,
    stillWaiting: 0,
  },
  {
    ...common,
    kind: 'message_limit',
    method: null,
    bytes: 9,
    items: null,
    limitBytes: 10,
    stated: false,
    refusedBy: null,
    direction: 'response',
  },
];
const struck = {
  revision: 0,
  start: 1n,
  end: 2n,
  pod: null,
  containerName: null,
  containerId: null,
} as const;
const casualties: readonly Casualty[] = [
  {
    ...struck,
    kind: 'oom_kill',
    process: { pid: 7, start: 1n, comm: 'web' },
    cgroup: null,
    explanation: 'text',
  },
  { ...struck, kind: 'frozen', process: null, cgroup: '/kubepods/a', ended: false, explanation: 'text' },
];

test('every line has exactly the keys that the reference gives its kind, in their types', async () => {
  const told = new Set<string>();
  const check = (finding: Finding): void => {
    const line: unknown = JSON.parse(findingLine(finding, []));
    assert.ok(isObject(line));
    assert.deepEqual(disagreements(line), []);
    told.add(String(line.kind));
  };
  for (const capture of captures) for (const finding of await replayFindings(capture)) check(finding);
  for (const symptom of symptoms) check({ kind: 'symptom', symptom });
  for (const casualty of casualties) check({ kind: 'casualty', casualty });
  assert.deepEqual([...told].sort(), [...kinds.keys()].sort());
});

test('a key too many, one too few and a wrong type are seen', () => {
  const line: Record<string, unknown> = JSON.parse(findingLine({ kind: 'call', call }, []));
  assert.deepEqual(disagreements(line), []);
  const { outcome, ...less } = line;
  assert.deepEqual(disagreements(less), ['call.outcome is missing']);
  assert.deepEqual(disagreements({ ...line, result: outcome, stream: '5', start: 5 }), [
    'call.result is not documented',
    'call.stream is not integer: "5"',
    'call.start is not time: 5',
  ]);
  assert.deepEqual(disagreements({ kind: 'gossip' }), ['kind gossip is not documented']);
});
