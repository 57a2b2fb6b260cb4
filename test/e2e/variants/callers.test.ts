import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedNode } from '../../support/recorded-node.ts';
import { found } from './found.ts';
import { crictl, kubelet } from './kubelets.ts';
import { makeContainer, makeSandbox, pullFor, startPod } from './pods.ts';

const image = 'registry.k8s.io/app:1';
const loops = ['node_status', 'pleg_relist', 'runtime_status', 'stats'];

for (const [what, kind, expected] of [
  ['a kubelet', { comm: 'kubelet' }, loops],
  ['one program for all, of a distribution', { comm: 'k3s-agent' }, loops],
  ['a kubelet that is called otherwise', { comm: 'edge-agent' }, loops],
  // Each connection stands for itself: nothing tells whose that of the image service is.
  ['a kubelet of which nothing is known', { comm: null, pid: null }, loops.slice(0, 3)],
] as const)
  test(`rounds, verdicts and pods of ${what}`, async (t) => {
    const node = await recordedNode(t);
    await node.serve({ versions: ['v1'], images: [image] });
    const of = kubelet(node, '1.33', 100, kind);
    await of.start();
    await startPod(of, 'web', { pull: 'after' });
    await of.idle(22);
    // Beside it somebody looks again and again.
    for (let pid = 200; pid < 205; pid++)
      await crictl(node, pid, false, async (call) => {
        await call('ListPodSandbox');
        await call('ListContainers', { filter: {} });
      });
    const told = await found(node.save('callers'));
    const { wrong, invented } = told.identity();
    assert.deepEqual({ wrong, invented }, { wrong: [], invented: [] });
    assert.deepEqual([...told.rounds].filter((round) => loops.includes(round)).sort(), expected);
    assert.ok(![...told.roundCallers].some((comm) => comm === 'crictl'));
    assert.deepEqual(told.negotiations.slice(0, 2), [
      `${'pid' in kind ? null : 100} RuntimeService: v1 (first, 1 in a row)`,
      `${'pid' in kind ? null : 100} ImageService: v1 (first, 1 in a row)`,
    ]);
    assert.deepEqual(
      told.negotiations.slice(2).map((text) => text.slice(0, 3)),
      ['200', '201', '202', '203', '204'],
    );
  });

test('an agent that polls is no kubelet, whatever it asks', async (t) => {
  const node = await recordedNode(t);
  await node.serve({ versions: ['v1'], images: [image] });
  const agent = kubelet(node, '1.33', 100, { comm: 'monitor' });
  await agent.start();
  for (let poll = 0; poll < 20; poll++) {
    node.wait(15);
    await agent.relist();
  }
  assert.deepEqual([...(await found(node.save('agent'))).rounds], []);
});

test('a fallback and a crash loop of callers of which nothing is known', async (t) => {
  const node = await recordedNode(t);
  await node.serve({ versions: ['v1alpha2'] });
  const nobody = { comm: null, pid: null };
  for (let start = 0; start < 2; start++) {
    const of = kubelet(node, '1.37', 0, nobody);
    assert.equal(await of.start(), false);
    await of.exit();
    node.wait(10);
  }
  const old = kubelet(node, '1.25', 0, nobody);
  await old.start();
  await old.idle(12);
  assert.deepEqual((await found(node.save('nobody'))).negotiations, [
    'null RuntimeService: gave_up (gave_up, 1 in a row)',
    'null RuntimeService: gave_up (gave_up, 2 in a row)',
    // Another release, by its user agent: nothing came before.
    'null RuntimeService: fell_back_to_v1alpha2 (fell_back, 1 in a row)',
    'null ImageService: fell_back_to_v1alpha2 (fell_back, 1 in a row)',
  ]);
});

test('one pull after the other: who waited for whom', async (t) => {
  const node = await recordedNode(t);
  await node.serve({ versions: ['v1'], images: [image] });
  const of = kubelet(node, '1.33', 100);
  await of.start();
  const sandboxes = new Map<string, string>();
  for (const name of ['web', 'db']) sandboxes.set(name, await makeSandbox(of, name));
  // Both pulls are due; that of web is made first, and takes four seconds.
  await pullFor(of, 'web', 4);
  await pullFor(of, 'db', 1);
  for (const [name, sandbox] of sandboxes) await makeContainer(of, name, sandbox, 0);
  await of.idle(40);
  const { waits } = await found(node.save('pulls'));
  assert.deepEqual(
    waits.filter((text) => text.includes(' behind ')),
    ['db: pull_queue 4.0 s behind PullImage of shop/web'],
  );
});
