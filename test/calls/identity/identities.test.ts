import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIdentityBook } from '../../../src/calls/identity/book.ts';
import {
  createIdentityCounters,
  defaultIdentityLimits,
  type IdentityLimits,
} from '../../../src/calls/identity/limits.ts';
import type { CallFacts } from '../../../src/cri/facts.ts';
import { noFacts } from '../../../src/cri/facts.ts';
import { aCall } from '../../support/a-call.ts';

const sandbox = 'f'.repeat(60);
const first = `c1${'0'.repeat(58)}`;
const second = `c1${'1'.repeat(58)}`;
const metadata = { name: 'web', uid: 'u-1', namespace: 'default', attempt: 2 };
const pod = { namespace: 'default', name: 'web', uid: 'u-1', attempt: 2 };

const aBook = (limits: Partial<IdentityLimits> = {}) => {
  const counters = createIdentityCounters();
  const book = createIdentityBook(counters, { ...defaultIdentityLimits, ...limits });
  return { counters, book, at: book.of('/run/a.sock') };
};

const aWarmBook = () => {
  const made = aBook();
  made.at.learn('ListPodSandbox', null, {
    items: [{ id: sandbox, metadata, state: 'SANDBOX_READY', runtime_handler: 'runc' }],
  });
  made.at.learn('ListContainers', null, {
    containers: [
      {
        id: first,
        pod_sandbox_id: sandbox,
        metadata: { name: 'app', attempt: 1 },
        image: { image: `sha256:${'a'.repeat(64)}` },
      },
      { id: second, pod_sandbox_id: sandbox, metadata: { name: 'side' }, image: { image: 'side:1' } },
    ],
  });
  return made;
};

const ended = (rpc: string, facts: Partial<CallFacts>, statusCode = 0, end = 1_000n) => {
  const base = aCall();
  return aCall({ rpc, end, facts: { ...noFacts, ...facts }, result: { ...base.result, statusCode } });
};

test('a container id stands for its container, sandbox and pod', () => {
  const { at } = aWarmBook();
  const { facts, identitySource } = at.complete(ended('StartContainer', { containerId: first }));
  assert.deepEqual(facts, {
    ...noFacts,
    pod,
    sandboxId: sandbox,
    containerId: first,
    containerName: 'app',
    containerAttempt: 1,
    image: `sha256:${'a'.repeat(64)}`,
    runtimeHandler: 'runc',
  });
  assert.equal(identitySource, 'cache');
});

test('the attempt of a container that is not on the wire is 0', () => {
  const { at } = aWarmBook();
  assert.equal(at.complete(ended('StopContainer', { containerId: second })).facts.containerAttempt, 0);
});

test('a beginning that one id has stands for it, whole; one that two have for none', () => {
  const { at, counters } = aWarmBook();
  const { facts } = at.complete(ended('StopContainer', { containerId: second.slice(0, 12) }));
  assert.equal(facts.containerId, second);
  assert.deepEqual(facts.pod, pod);
  const ambiguous = at.complete(ended('StopContainer', { containerId: 'c1' }));
  assert.deepEqual(ambiguous.facts, { ...noFacts, containerId: 'c1' });
  assert.equal(ambiguous.identitySource, 'call');
  assert.equal(counters.unknownIds, 1);
});

test('a sandbox that only its containers told of has their pod, without its attempt', () => {
  const { at } = aBook();
  const labels = {
    'io.kubernetes.pod.name': 'web',
    'io.kubernetes.pod.namespace': 'default',
    'io.kubernetes.pod.uid': 'u-1',
  };
  const list = { containers: [{ id: first, pod_sandbox_id: sandbox, metadata: { name: 'app' }, labels }] };
  at.learn('ListContainers', null, list);
  const stop = () => at.complete(ended('StopPodSandbox', { sandboxId: sandbox.slice(0, 13) })).facts;
  assert.deepEqual([stop().pod, stop().sandboxId], [{ ...pod, attempt: null }, sandbox]);
  at.learn('ListPodSandbox', null, { items: [{ id: sandbox, metadata, state: 'SANDBOX_READY' }] });
  at.learn('ListContainers', null, list);
  assert.deepEqual(stop().pod, pod);
});

test('an event names a container of which there is no status any more', () => {
  const { at } = aBook();
  at.learn(
    'GetContainerEvents',
    {},
    {
      container_id: first,
      container_event_type: 'CONTAINER_DELETED_EVENT',
      pod_sandbox_status: { id: sandbox, metadata },
    },
  );
  const { facts } = at.complete(ended('ContainerStatus', { containerId: first }, 5));
  assert.deepEqual([facts.pod, facts.sandboxId], [pod, sandbox]);
});

test("a uid alone, as a list's selector names it, gives the pod without an attempt", () => {
  const { at } = aWarmBook();
  const named = { namespace: null, name: null, uid: 'u-1', attempt: null };
  const { facts, identitySource } = at.complete(ended('ListContainers', { pod: named }));
  assert.deepEqual(facts.pod, { ...pod, attempt: null });
  assert.equal(identitySource, 'cache');
});

test("what a call's own messages say stands, and is completed", () => {
  const { at } = aWarmBook();
  const labelled = { namespace: 'default', name: 'web', uid: 'u-1', attempt: null };
  const { facts, identitySource } = at.complete(
    ended('ContainerStatus', { containerId: first, containerName: 'app', pod: labelled }),
  );
  assert.deepEqual(facts.pod, pod);
  assert.equal(identitySource, 'call');
});

test('what was removed is known for the grace time, then forgotten with its containers', () => {
  const { at } = aWarmBook();
  const grace = defaultIdentityLimits.removalGrace;
  at.complete(ended('RemovePodSandbox', { sandboxId: sandbox }, 0, 1_000n));
  const known = (end: bigint) =>
    at.complete(ended('ContainerStatus', { containerId: first }, 5, end)).facts.pod?.name ?? null;
  assert.equal(known(1_000n + grace - 1n), 'web');
  assert.equal(known(1_000n + grace), null);
});

test('a removal that failed removes nothing', () => {
  const { at } = aWarmBook();
  at.complete(ended('RemoveContainer', { containerId: first }, 2, 1_000n));
  const later = ended('ContainerStatus', { containerId: first }, 0, 1_000_000_000_000_000n);
  assert.equal(at.complete(later).facts.pod?.name, 'web');
});

test('an image that is removed by its id has its name, however the id is written', () => {
  const { at } = aBook();
  const digits = 'ab12'.repeat(16);
  at.learn('ListImages', null, { images: [{ id: `sha256:${digits}`, repo_tags: ['registry.io/app:1'] }] });
  for (const image of [`sha256:${digits}`, digits, digits.slice(0, 13)]) {
    const { facts, identitySource } = at.complete(ended('RemoveImage', { image }));
    assert.equal(facts.image, 'registry.io/app:1');
    assert.equal(facts.imageId, image);
    assert.equal(identitySource, 'cache');
  }
});

test("a container keeps its image's name where a list calls it by its id", () => {
  const { at } = aWarmBook();
  at.learn('ListContainers', null, {
    containers: [
      {
        id: second,
        pod_sandbox_id: sandbox,
        metadata: { name: 'side' },
        image: { image: `sha256:${'b'.repeat(64)}` },
      },
    ],
  });
  assert.equal(at.complete(ended('StopContainer', { containerId: second })).facts.image, 'side:1');
});

test('two endpoints know nothing of each other', () => {
  const { book, at } = aWarmBook();
  const call = ended('StopContainer', { containerId: first });
  assert.equal(book.of('/run/b.sock').complete(call).facts.pod, null);
  assert.equal(at.complete(call).facts.pod?.name, 'web');
});

test('tables are bounded, and what they drop is counted', () => {
  const { at, counters, book } = aBook({
    maxSandboxes: 10,
    maxContainers: 20,
    maxImages: 5,
    maxEndpoints: 2,
  });
  for (let n = 0; n < 100; n++) {
    const id = String(n).padStart(64, '0');
    at.learn('ListPodSandbox', null, { items: [{ id, metadata: { ...metadata, uid: id } }] });
    at.learn('ListContainers', null, { containers: [{ id, pod_sandbox_id: id, metadata: { name: 'a' } }] });
    at.learn('ListImages', null, { images: [{ id, repo_tags: [`image:${n}`] }] });
    book.of(`/run/${n}.sock`);
  }
  assert.equal(counters.sandboxesForgotten, 90);
  assert.equal(counters.containersForgotten, 80);
  assert.equal(counters.imagesForgotten, 95);
  assert.equal(counters.endpointsForgotten, 99);
});

test('messages that lack what they should have teach nothing and harm nothing', () => {
  const { at } = aBook();
  for (const kept of [
    {},
    { items: [{}, 'text', 3] },
    { containers: [{ id: '' }] },
    { status: 'x' },
    { stats: [{ attributes: {} }] },
  ]) {
    for (const rpc of [
      'ListPodSandbox',
      'ListContainers',
      'PodSandboxStatus',
      'ContainerStatus',
      'ListPodSandboxStats',
      'GetContainerEvents',
      'CreateContainer',
      'RunPodSandbox',
      'RestorePod',
    ])
      at.learn(rpc, kept, kept);
  }
  assert.equal(at.complete(ended('StopContainer', { containerId: first })).facts.pod, null);
});
