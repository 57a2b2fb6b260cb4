import assert from 'node:assert/strict';
import test from 'node:test';
import { type Candidate, type Evidence, ownerOf } from '../../../src/calls/kernel/owner.ts';
import type { Program } from '../../../src/calls/kernel/program.ts';

const call = (key: string, rpc: string | null, changes: Partial<Candidate> = {}): Candidate => ({
  key,
  rpc,
  sandboxId: null,
  containerId: null,
  pod: null,
  serverPid: 700,
  command: null,
  ...changes,
});

const pod = (name: string) => ({ namespace: 'default', name, uid: `uid-of-${name}` });
const runc = (command: string): Program => ({ kind: 'oci', runtime: 'runc', command });
const cniAdd: Program = { kind: 'cni', command: 'ADD', plugin: 'bridge', folder: '/opt/cni/bin' };
const other: Program = { kind: 'other', name: 'unpigz' };

const evidence = (program: Program, changes: Partial<Evidence> = {}): Evidence => ({
  program,
  claims: { ids: [], pod: null },
  service: null,
  runtimePid: 700,
  executed: null,
  ...changes,
});
const ids = (...named: string[]) => ({ ids: named, pod: null });

interface Case {
  readonly what: string;
  readonly of: Evidence;
  readonly among: readonly Candidate[];
  readonly owner: string;
}

const run = call('run', 'RunPodSandbox', { sandboxId: 's1', pod: pod('a') });
const unanswered = call('unanswered', 'RunPodSandbox', { pod: pod('b') });
const start = call('start', 'StartContainer', { sandboxId: 's1', containerId: 'c1', pod: pod('a') });
const stop = call('stop', 'StopContainer', { sandboxId: 's1', containerId: 'c1', pod: pod('a') });
const probe = call('probe', 'ExecSync', { sandboxId: 's1', containerId: 'c1', pod: pod('a') });
const stopPod = call('stopPod', 'StopPodSandbox', { sandboxId: 's1', pod: pod('a') });
const pull = call('pull', 'PullImage', { pod: pod('a') });
const unknown = call('unknown', null);

const asking = (
  key: string,
  digest: string | null,
  endedAt: bigint | null = null,
  exitCode: number | null = null,
) =>
  call(key, 'ExecSync', {
    sandboxId: 's1',
    containerId: 'c1',
    pod: pod('a'),
    command: { digest, endedAt, exitCode },
  });
const ran = (digests: readonly string[], endedAt: bigint | null = null, exitCode: number | null = null) =>
  evidence(runc('exec'), { claims: ids('c1'), executed: { digests, endedAt, exitCode } });

const execs: readonly Case[] = [
  {
    what: 'execs in one container that ask for different commands',
    of: ran(['b', 'b without its interpreter']),
    among: [asking('one', 'a'), asking('two', 'b')],
    owner: 'two identity',
  },
  {
    what: 'execs that ask for the same',
    of: ran(['a']),
    among: [asking('one', 'a'), asking('two', 'a')],
    owner: 'ambiguous one two',
  },
  {
    what: 'one of the same that was over before the command was',
    of: ran(['a'], 20n),
    among: [asking('one', 'a', 10n), asking('two', 'a', 30n), asking('three', 'b')],
    owner: 'two identity',
  },
  {
    what: 'one of the same that has another exit code',
    of: ran(['a'], 20n, 1),
    among: [asking('one', 'a', 30n, 0), asking('two', 'a', 30n, 1)],
    owner: 'two identity',
  },
  {
    what: 'execs of which one may have asked for anything',
    of: ran(['a']),
    among: [asking('one', 'a'), asking('two', null)],
    owner: 'ambiguous one two',
  },
  {
    what: 'a command that nobody asked for by that name',
    of: ran(['c']),
    among: [asking('one', 'a'), asking('two', 'b')],
    owner: 'ambiguous one two',
  },
  {
    what: 'the only exec, whatever it asked for',
    of: ran(['c']),
    among: [asking('one', 'a')],
    owner: 'one identity',
  },
];

const cases: readonly Case[] = [
  {
    what: 'a sandbox that is named',
    of: evidence(cniAdd, { claims: ids('s1') }),
    among: [run, unanswered, start],
    owner: 'run identity',
  },
  {
    what: 'a container that is named, not its sandbox',
    of: evidence(runc('create'), { claims: ids('c1'), service: ids('s1') }),
    among: [run, start],
    owner: 'start identity',
  },
  {
    what: 'a sandbox is not its containers',
    of: evidence(runc('create'), { claims: ids('s1'), runtimePid: null }),
    among: [start],
    owner: 'none',
  },
  {
    what: 'the pod, where no reply named the sandbox',
    of: evidence(cniAdd, { claims: { ids: ['s2'], pod: pod('b') } }),
    among: [run, unanswered, pull],
    owner: 'unanswered identity',
  },
  {
    what: 'the pod does not make a pull the owner of a plugin',
    of: evidence(cniAdd, { claims: { ids: ['s2'], pod: pod('a') } }),
    among: [pull],
    owner: 'none',
  },
  {
    what: 'a command of an exec is not of a stop that names the same',
    of: evidence(runc('exec'), { claims: ids('c1') }),
    among: [stop, probe],
    owner: 'probe identity',
  },
  {
    what: 'and of nobody where there is only the stop',
    of: evidence(runc('exec'), { claims: ids('c1') }),
    among: [stop],
    owner: 'none',
  },
  {
    what: 'two that name the same',
    of: evidence(runc('exec'), { claims: ids('c1') }),
    among: [probe, { ...probe, key: 'probe2' }],
    owner: 'ambiguous probe probe2',
  },
  {
    what: 'the shim names the sandbox',
    of: evidence(runc('kill'), { claims: ids('c9'), service: ids('s1'), runtimePid: null }),
    among: [stopPod, unanswered],
    owner: 'stopPod process',
  },
  {
    what: 'another container of the sandbox is not this one',
    of: evidence(runc('delete'), { claims: ids('c9'), service: ids('s1'), runtimePid: null }),
    among: [start],
    owner: 'none',
  },
  {
    what: 'what the shim does for its only call',
    of: evidence(other, { service: ids('s1'), runtimePid: null }),
    among: [start, unanswered],
    owner: 'start process',
  },
  {
    what: 'what the shim does while two calls are in its pod',
    of: evidence(other, { service: ids('s1'), runtimePid: null }),
    among: [start, { ...start, key: 'start2' }],
    owner: 'ambiguous start start2',
  },
  { what: 'nobody is named, one call fits', of: evidence(other), among: [pull], owner: 'pull time' },
  { what: 'nobody is named, two fit', of: evidence(other), among: [pull, run], owner: 'ambiguous pull run' },
  {
    what: 'a call whose method is not known may be the cause, and is never said to be',
    of: evidence(other),
    among: [unknown],
    owner: 'ambiguous unknown',
  },
  {
    what: 'a call of another runtime does not fit',
    of: evidence(other),
    among: [{ ...pull, serverPid: 701 }],
    owner: 'none',
  },
  {
    what: 'an id that nobody names is of the only call that names none',
    of: evidence({ kind: 'shim', action: 'start' }, { claims: ids('s7') }),
    among: [unanswered, run, pull],
    owner: 'unanswered time',
  },
  {
    what: 'but not of one whose pod is another',
    of: evidence(
      { kind: 'shim', action: 'start' },
      { claims: { ids: ['s7'], pod: { ...pod('c'), name: null, namespace: null } } },
    ),
    among: [unanswered],
    owner: 'none',
  },
  ...execs,
  { what: 'nothing was under way', of: evidence(cniAdd, { claims: ids('s1') }), among: [], owner: 'none' },
];

for (const { what, of, among, owner } of cases)
  test(what, () => {
    const found = ownerOf(of, among);
    const text =
      found.kind === 'call'
        ? `${found.key} ${found.link}`
        : found.kind === 'ambiguous'
          ? ['ambiguous', ...found.keys].join(' ')
          : 'none';
    assert.equal(text, owner);
    // Nothing hangs on the order in which calls are looked at.
    assert.equal(ownerOf(of, [...among].reverse()).kind, found.kind);
  });
