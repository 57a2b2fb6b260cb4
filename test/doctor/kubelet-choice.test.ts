import assert from 'node:assert/strict';
import test from 'node:test';
import type { Answer } from '../../src/doctor/answers.ts';
import { kubeletChoices } from '../../src/doctor/kubelet-choice.ts';

type Status = readonly [version: string, image: string];

const answer = (version: Answer['version'], rpc: Answer['rpc'], status: string, api = '0.1.0'): Answer => ({
  version,
  rpc,
  status,
  message: status === 'OK' ? '' : 'words of the runtime',
  runtimeName: status === 'OK' && rpc === 'Version' ? 'containerd' : null,
  runtimeVersion: null,
  kubeletApi: status === 'OK' && rpc === 'Version' ? api : null,
});

const answers = ([v1, v1Image]: Status, [alpha, alphaImage]: Status): Answer[] => [
  answer('v1', 'Version', v1),
  answer('v1', 'ImageFsInfo', v1Image),
  answer('v1alpha2', 'Version', alpha),
  answer('v1alpha2', 'ImageFsInfo', alphaImage),
];

const ok: Status = ['OK', 'OK'];
const absent: Status = ['UNIMPLEMENTED', 'UNIMPLEMENTED'];
const notReady: Status = ['UNKNOWN', 'UNKNOWN'];

/** In the order of the release lines: to 1.22, to 1.25, 1.26, from 1.27. */
const cases: readonly [says: string, v1: Status, v1alpha2: Status, choices: readonly string[]][] = [
  ['containerd 1.6 and 1.7 serve both', ok, ok, ['v1alpha2 v1alpha2', 'v1 v1', 'v1 v1', 'v1 v1']],
  ['containerd 2 serves v1', ok, absent, ['gives_up null', 'v1 v1', 'v1 v1', 'v1 v1']],
  [
    'containerd 1.5 serves v1alpha2',
    absent,
    ok,
    ['v1alpha2 v1alpha2', 'v1alpha2 v1alpha2', 'gives_up null', 'gives_up null'],
  ],
  ['neither', absent, absent, ['gives_up null', 'gives_up null', 'gives_up null', 'gives_up null']],
  [
    'not ready yet: only 1.26 goes on',
    notReady,
    notReady,
    ['gives_up null', 'gives_up null', 'v1 v1', 'gives_up null'],
  ],
  [
    'images of the older version only: both decisions are apart',
    ['OK', 'UNIMPLEMENTED'],
    ok,
    ['v1alpha2 v1alpha2', 'v1 v1alpha2', 'v1 gives_up', 'v1 gives_up'],
  ],
  [
    'images fail otherwise',
    ['OK', 'INTERNAL'],
    absent,
    ['gives_up null', 'v1 gives_up', 'v1 v1', 'v1 gives_up'],
  ],
];

for (const [says, v1, v1alpha2, expected] of cases)
  test(says, () => {
    const all = answers(v1, v1alpha2);
    const choices = kubeletChoices(all, all);
    assert.deepEqual(
      choices.map(({ runtime, image }) => `${runtime} ${image}`),
      expected,
    );
    for (const { runtime, image, why } of choices)
      if (runtime === 'gives_up' || image === 'gives_up') assert.match(why ?? '', /words of the runtime/);
  });

test('two endpoints are asked apart', () => {
  const [runtime] = kubeletChoices(answers(ok, absent), answers(absent, ok)).slice(1);
  assert.deepEqual([runtime?.runtime, runtime?.image], ['v1', 'v1alpha2']);
});

test('a runtime that calls its API version otherwise suits no kubelet', () => {
  const all = [answer('v1', 'Version', 'OK', '0.2.0'), answer('v1', 'ImageFsInfo', 'OK')];
  const newest = kubeletChoices(all, all).at(-1);
  assert.equal(newest?.runtime, 'gives_up');
  assert.match(newest?.why ?? '', /"0\.2\.0".*"0\.1\.0"/);
});
