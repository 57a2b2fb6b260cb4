import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, callOf, type Played, play } from './play.ts';

const pull = (pod: string, from: number, to: number, more: Partial<Played> = {}): Played => ({
  rpc: 'PullImage',
  pod,
  image: `${pod}:1`,
  from,
  to,
  ...more,
});

/** Its sandbox stands at 1, and its pull begins at 10. */
const web: readonly Played[] = [
  { rpc: 'RunPodSandbox', from: 0, to: 1 },
  pull('web', 10, 12),
  { rpc: 'CreateContainer', from: 12, to: 12.1, container: 'app' },
  { rpc: 'StartContainer', from: 12.1, to: 12.3, container: 'app' },
];

const runtime = '/run/other.sock';
const other = { pid: 99, pidStart: 1n, uid: 0, comm: 'crictl', cgroup: null, userAgent: null };

/** The pulls of others, and what `web` did between its sandbox and its own pull. */
const queues: readonly (readonly [string, readonly Played[], readonly string[]])[] = [
  ['nobody else pulls', [], ['client 1.00-10.00']],
  [
    'one pull before it, all the time',
    [pull('api', 0.5, 9.99)],
    ['pull_queue 1.00-10.00 of image_pull behind PullImage of default/api'],
  ],
  [
    'one that began later: the kubelet was busy before',
    [pull('api', 4, 9.99)],
    ['client 1.00-4.00', 'pull_queue 4.00-10.00 of image_pull behind PullImage of default/api'],
  ],
  [
    'two, one after the other: each has its time',
    [pull('api', 0.5, 5), pull('db', 5.01, 9.99)],
    [
      'pull_queue 1.00-5.01 of image_pull behind PullImage of default/api',
      'pull_queue 5.01-10.00 of image_pull behind PullImage of default/db',
    ],
  ],
  [
    'with a pause between them only the last one can have been waited for',
    [pull('api', 0.5, 5), pull('db', 6, 9.99)],
    ['client 1.00-6.00', 'pull_queue 6.00-10.00 of image_pull behind PullImage of default/db'],
  ],
  ['one that was over for long', [pull('api', 0.5, 9.5)], ['client 1.00-10.00']],
  ['one that goes on beside it: no queue', [pull('api', 0.5, 11)], ['client 1.00-10.00']],
  [
    'pulls beside each other, more before than at its end: no limit shows',
    [pull('api', 0.5, 9.99), pull('db', 2, 8)],
    ['client 1.00-10.00'],
  ],
  [
    'two at a time, always: the third waits for the first that ends',
    [pull('api', 0.5, 9.99), pull('db', 0.6, 30)],
    ['pull_queue 1.00-10.00 of image_pull behind PullImage of default/api'],
  ],
  [
    'two at a time, and one more was begun before it in the same place',
    [pull('api', 0.5, 9.95), pull('db', 0.6, 30), pull('mq', 9.96, 20)],
    ['client 1.00-10.00'],
  ],
  ['of another client', [pull('api', 0.5, 9.99, { call: { caller: other } })], ['client 1.00-10.00']],
  ['of another socket', [pull('api', 0.5, 9.99, { call: { endpoint: runtime } })], ['client 1.00-10.00']],
  ['a moment only', [pull('api', 9.97, 9.99)], ['client 1.00-10.00']],
];

for (const [what, others, expected] of queues)
  test(`before a pull: ${what}`, () => {
    const { course } = play([...web, ...others]);
    const until = course.findIndex((text) => text.startsWith('runtime 10.00'));
    assert.deepEqual(course.slice(1, until), expected);
  });

test('the evidence of a queue says how soon after, and how many at a time', () => {
  const evidence = (others: readonly Played[]) =>
    play([...web, ...others])
      .waits.filter(({ on }) => on === 'pull_queue')
      .map((wait) => wait.evidence);
  assert.deepEqual(evidence([pull('api', 0.5, 5), pull('db', 5.01, 9.99)]), [
    'PullImage of default/api was under way, and its client takes one pull after the other',
    'this pull began 10.0 ms after it ended; until then one pull was under way at a time, never more',
  ]);
  assert.deepEqual(evidence([pull('api', 0.5, 9.99), pull('db', 0.6, 30)]), [
    'this pull began 10.0 ms after it ended; until then 2 pulls were under way at a time, never more',
  ]);
});

const ofWeb = (rpc: string, from: number, to: number, more: Partial<Played> = {}): Played => ({
  rpc,
  from,
  to,
  container: 'app',
  ...more,
});

/** Calls beside StartContainer of `web app`, which takes from 12.1 to 15. */
const locks: readonly (readonly [string, Played, string | null])[] = [
  ['an update of its resources', ofWeb('UpdateContainerResources', 12.05, 14.99), 'same_container'],
  ['one that ended long before it', ofWeb('UpdateContainerResources', 12.05, 13), null],
  ['one that goes on after it', ofWeb('UpdateContainerResources', 12.05, 16), null],
  ['one that began after it', ofWeb('UpdateContainerResources', 13, 14.99), null],
  ['a command in it: keeps nobody waiting', ofWeb('ExecSync', 12.05, 14.99), null],
  [
    'of another container of the pod',
    ofWeb('UpdateContainerResources', 12.05, 14.99, { container: 'side' }),
    null,
  ],
  ['of another pod', ofWeb('UpdateContainerResources', 12.05, 14.99, { pod: 'api' }), null],
  ['of its sandbox', { rpc: 'UpdatePodSandboxResources', from: 12.05, to: 14.99 }, 'same_sandbox'],
];

for (const [what, beside, expected] of locks)
  test(`beside a call: ${what}`, () => {
    const { waits } = play([...web.slice(0, 3), ofWeb('StartContainer', 12.1, 15), beside]);
    const found = waits.filter(({ on }) => on.startsWith('same_'));
    assert.deepEqual(
      found.map(({ on }) => on),
      expected === null ? [] : [expected],
    );
    if (expected === null) return;
    assert.equal(found[0]?.start, at(12.1));
    assert.equal(found[0]?.end, at(14.99));
    assert.match(
      found[0]?.evidence ?? '',
      /had begun 50\.0 ms before, and this call ended 10\.0 ms after it$/,
    );
  });

test('a call that its client gave up says nothing of when the runtime was through with it', () => {
  const beside = ofWeb('UpdateContainerResources', 12.05, 14.99);
  const { result } = callOf(beside);
  const gaveUp = { ...result, outcome: 'reset', reset: { by: 'client', code: 'CANCEL' } } as const;
  const { waits } = play([
    ...web.slice(0, 3),
    ofWeb('StartContainer', 12.1, 15),
    { ...beside, call: { result: gaveUp } },
  ]);
  assert.deepEqual(
    waits.filter(({ on }) => on.startsWith('same_')),
    [],
  );
});

test('two pulls of one image: the second waits for the first', () => {
  const calls = [pull('web', 10, 12), pull('api', 9, 11.99, { image: 'web:1' })];
  const { course } = play([{ rpc: 'RunPodSandbox', from: 0, to: 9.95 }, ...calls, ...web.slice(2)]);
  assert.ok(
    course.includes('same_image 10.00-11.99 of image_pull behind PullImage of default/api'),
    course.join('\n'),
  );
});
