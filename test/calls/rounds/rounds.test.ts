import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../../src/calls/call.ts';
import { createKubelets } from '../../../src/calls/kubelets.ts';
import {
  createRoundCounters,
  defaultRoundLimits,
  type RoundLimits,
} from '../../../src/calls/rounds/limits.ts';
import type { Round } from '../../../src/calls/rounds/round.ts';
import { createRounds } from '../../../src/calls/rounds/rounds.ts';
import { aCall } from '../../support/a-call.ts';

/** `rpc` and what it asks about; milliseconds from and to; null: it never ends. */
interface Told {
  readonly rpc: string;
  readonly from: number;
  readonly to: number | null;
  readonly state?: string;
  readonly pod?: string;
  readonly container?: string;
  readonly status?: string;
  readonly comm?: string | null;
  readonly connection?: number;
  /** A letter for each trace of the kubelet's own. */
  readonly trace?: string;
}

const begin = 1_800_000_000_000_000_000n;
const at = (ms: number): bigint => begin + BigInt(Math.round(ms * 1e6));

const callOf = (told: Told, stream: number): Call => {
  const base = aCall();
  const { pod, container, state } = told;
  return aCall({
    connection: told.connection ?? 1,
    stream,
    traceparent: told.trace === undefined ? null : `00-${told.trace.repeat(32)}-0123456789abcdef-01`,
    rpc: told.rpc,
    start: at(told.from),
    end: told.to === null ? null : at(told.to),
    caller: { ...base.caller, comm: told.comm === undefined ? 'kubelet' : told.comm },
    facts: {
      ...base.facts,
      sandboxId: null,
      pod: pod === undefined ? null : { namespace: 'default', name: pod, uid: pod, attempt: 0 },
      containerId: container ?? null,
      containerName: container ?? null,
      values: {
        ...(state === undefined ? {} : { 'filter.state': state }),
        ...(told.rpc === 'Version' ? { 'version.requested': '0.1.0' } : {}),
      },
    },
    result: { ...base.result, status: told.status ?? 'OK' },
  });
};

const play = (calls: readonly Told[], until: number, limits: Partial<RoundLimits> = {}) => {
  const counters = createRoundCounters();
  const rounds = createRounds(counters, createKubelets(), { ...defaultRoundLimits, ...limits });
  const found: Round[] = [];
  const moments = calls.flatMap((told, nth) => {
    const call = callOf(told, 2 * nth + 1);
    const { connection, stream, rpc, caller, endpoint } = call;
    const start = at(told.from);
    return [
      { ms: told.from, run: () => rounds.began({ connection, stream, rpc, start }, caller, endpoint) },
      ...(told.to === null ? [] : [{ ms: told.to, run: () => void rounds.ended(call, call.operation) }]),
    ];
  });
  for (const { ms, run } of moments.sort((a, b) => a.ms - b.ms)) {
    rounds.tick(at(ms), found);
    run();
  }
  rounds.tick(at(until), found);
  return { found, counters, rounds };
};

const said = ({ found }: { readonly found: readonly Round[] }): string[] =>
  found.map(({ kind, calls, pods }) => `${kind} ${calls}${pods === 0 ? '' : ` of ${pods}`}`);

const relist = (from: number): Told[] => [
  { rpc: 'ListPodSandbox', from, to: from + 1 },
  { rpc: 'ListContainers', from: from + 2, to: from + 3 },
];

test('the loops of a node, one after the other', () => {
  const calls: Told[] = [
    ...relist(0),
    { rpc: 'ListPodSandbox', state: 'SANDBOX_READY', from: 1000, to: 1001 },
    { rpc: 'ListContainers', state: 'CONTAINER_RUNNING', from: 1002, to: 1003 },
    // Statistics, and the file system on the connection for images.
    { rpc: 'ListContainers', from: 2000, to: 2001 },
    { rpc: 'ListPodSandbox', from: 2002, to: 2003 },
    { rpc: 'ListPodSandboxStats', from: 2004, to: 2005, status: 'UNIMPLEMENTED' },
    // Images, unused ones removed.
    { rpc: 'ListImages', from: 3000, to: 3001, connection: 2 },
    { rpc: 'ListPodSandbox', from: 3002, to: 3003 },
    { rpc: 'ListContainers', from: 3004, to: 3005 },
    { rpc: 'RemoveImage', from: 3006, to: 3050, connection: 2 },
    { rpc: 'Version', from: 4000, to: 4001 },
    { rpc: 'ListPodSandboxStats', from: 5000, to: 5001, status: 'UNIMPLEMENTED' },
    { rpc: 'ListContainerStats', from: 5002, to: 5003 },
    { rpc: 'ImageFsInfo', from: 5004, to: 5005, connection: 2 },
  ];
  // The relist is due again a second after it began: without this one the lists of others would be taken for it.
  const due = { relistRest: 10_000_000_000n };
  assert.deepEqual(said(play(calls, 10_000, due)), [
    'pleg_relist 2',
    'housekeeping 2',
    'stats 3',
    'image_gc 4',
    'node_status 1',
    'stats 3',
  ]);
});

test('a relist and log rotation at the same time: each container to the one that asks', () => {
  const calls: Told[] = [
    ...relist(0),
    { rpc: 'ListContainers', from: 3.1, to: 3.5 },
    { rpc: 'PodSandboxStatus', pod: 'a', from: 4, to: 5 },
    { rpc: 'ContainerStatus', pod: 'b', container: 'b1', from: 4.2, to: 5.2 },
    { rpc: 'ContainerStatus', pod: 'a', container: 'a1', from: 5.5, to: 6 },
    { rpc: 'ContainerStatus', pod: 'b', container: 'b2', from: 5.6, to: 6.1 },
  ];
  assert.deepEqual(said(play(calls, 1000)), ['pleg_relist 4 of 1', 'log_rotation 3 of 1']);
});

test('a list that hangs: the round waits for it, and tells that the node was not healthy', () => {
  const calls: Told[] = [
    ...relist(0),
    { rpc: 'ListPodSandbox', from: 1000, to: 1001 },
    { rpc: 'ListContainers', from: 1002, to: 200_000 },
    { rpc: 'PodSandboxStatus', pod: 'a', from: 200_001, to: 200_002 },
  ];
  const { found } = play(calls, 300_000);
  assert.deepEqual(said({ found }), ['pleg_relist 2', 'pleg_relist 3 of 1']);
  const last = found[1];
  assert.equal(last?.isUnhealthy, true);
  assert.equal(last.staleNs, 200_000_000_000n);
  assert.match(last.explanation, /"PLEG is not healthy", the node was NotReady/);
  assert.match(last.explanation, /longest ListContainers with 199 s/);
});

test('what is gone by now is no failure, what fails is', () => {
  const [round] = play(
    [
      ...relist(0),
      { rpc: 'PodSandboxStatus', pod: 'a', from: 4, to: 5 },
      { rpc: 'ContainerStatus', container: 'gone', from: 6, to: 7, status: 'NOT_FOUND' },
      { rpc: 'PodSandboxStatus', pod: 'b', from: 8, to: 9, status: 'DEADLINE_EXCEEDED' },
    ],
    1000,
  ).found;
  assert.deepEqual(
    [round?.calls, round?.errors, round?.failure],
    [5, 1, 'PodSandboxStatus: DEADLINE_EXCEEDED'],
  );
});

test('a call too long after is another loop, and one that nothing began is none', () => {
  const calls: Told[] = [
    { rpc: 'ListPodSandbox', from: 0, to: 1 },
    { rpc: 'ListContainers', from: 300, to: 301 },
    { rpc: 'ContainerStatus', pod: 'a', container: 'a1', from: 5000, to: 5001 },
    { rpc: 'RemoveContainer', from: 5002, to: 5003 },
  ];
  assert.deepEqual(said(play(calls, 10_000)), ['list 1', 'list 1']);
});

test('the next relist is not a step of what came just before it', () => {
  const calls: Told[] = [
    ...relist(0),
    { rpc: 'ListImages', from: 990, to: 991, connection: 2 },
    ...relist(1003),
  ];
  assert.deepEqual(said(play(calls, 10_000)), ['pleg_relist 2', 'image_list 1', 'pleg_relist 2']);
});

test('clients that are no kubelet have no rounds, nor has one without a name', () => {
  const asked = (comm: string | null) => relist(0).map((told): Told => ({ ...told, comm }));
  for (const comm of ['crictl', 'kubeletx', null])
    assert.deepEqual(said(play(asked(comm), 1000)), [], `${comm}`);
  for (const comm of ['kubelet-1.37.2', 'k3s-server', 'kubelite'])
    assert.deepEqual(said(play(asked(comm), 1000)), ['pleg_relist 2'], `${comm}`);
});

test('bounds: open rounds, processes, calls in flight', () => {
  const many = Array.from(
    { length: 50 },
    (_, nth): Told => ({ rpc: 'ListImages', from: nth / 100, to: nth / 100 + 1 }),
  );
  const { counters, found } = play(many, 10_000, { maxOpen: 8, maxInFlight: 4 });
  assert.equal(found.length, 50);
  assert.equal(counters.evicted, 42);
  assert.ok(counters.inFlightDropped > 0);
  assert.equal(counters.openNow, 0);
});

test('a call that is no step is not waited for when it has ended', () => {
  const odd: Told[] = [
    // By the id of a container: no loop lists so.
    { rpc: 'ListContainers', container: 'c1', from: 0, to: 1 },
    { rpc: 'ListPodSandbox', from: 2, to: 3 },
  ];
  const { found, counters } = play(odd, 2_000, { maxInFlight: 1 });
  assert.deepEqual(said({ found }), ['list 1']);
  assert.equal(counters.inFlightDropped, 0);
});

test('loops that run at once are told apart by the traces of a kubelet that has some', () => {
  // Garbage collection, traced as one, and a relist, each call of which is a trace of its own.
  const gc = (from: number): Told[] => [
    { rpc: 'ListContainers', from, to: from + 8, trace: 'a' },
    { rpc: 'ListContainers', from: from + 9, to: from + 12, trace: 'a' },
    { rpc: 'ListPodSandbox', from: from + 20, to: from + 30, trace: 'a' },
  ];
  const others: Told[] = [
    { rpc: 'ListPodSandbox', from: 13, to: 14, trace: 'b' },
    { rpc: 'ListContainers', from: 31, to: 32, trace: 'c' },
  ];
  const times = (calls: readonly Told[]) =>
    play(calls, 2000)
      .found.map(
        ({ kind, start, end }) => `${kind} ${(start - at(0)) / 1_000_000n}-${(end - at(0)) / 1_000_000n}`,
      )
      .toSorted();
  assert.deepEqual(times([...gc(0), ...others]), ['container_gc 0-30', 'pleg_relist 13-32']);
  const untraced = [...gc(0), ...others].map(({ trace: _, ...told }): Told => told);
  // Without them the list that came first is taken for the next step.
  assert.deepEqual(times(untraced), ['container_gc 0-14', 'pleg_relist 20-32']);
});
