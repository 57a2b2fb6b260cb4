import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storyOf } from './matrix.ts';
import { crictl, kubelet, nobody, other, play, restarted, type Step } from './play.ts';

const refused = 'version_refused_after_upgrade';
const open = [
  ['open', 1, kubelet],
  ['open', 2, kubelet],
] as const satisfies readonly Step[];
const fellBack = [
  ...open,
  [1, kubelet, 'v1 Version()', 'unknown_service'],
  [1, kubelet, 'v1alpha2 Version', 'ok'],
  [2, kubelet, 'v1 ImageFsInfo', 'unknown_service'],
  [2, kubelet, 'v1alpha2 ImageFsInfo', 'ok'],
] as const satisfies readonly Step[];
const redial = [
  ['close', 1, kubelet],
  ['close', 2, kubelet],
  ['open', 3, kubelet],
  ['open', 4, kubelet],
] as const satisfies readonly Step[];

/** By hand, from the rules of the verdicts and what the releases of kubelet and crictl do. */
const cases: readonly { readonly name: string; readonly steps: readonly Step[]; readonly told: string }[] = [
  {
    name: 'a runtime that knows a method less is no other version',
    steps: [
      ...open,
      [1, kubelet, 'v1 Version()', 'ok'],
      [1, kubelet, 'v1 RuntimeConfig', 'unknown_method'],
      [1, kubelet, 'v1 GetContainerEvents', 'not_implemented'],
      [2, kubelet, 'v1 ImageFsInfo', 'ok'],
    ],
    told: 'v1 | v1',
  },
  {
    name: 'only methods that the runtime does not know',
    steps: [
      ['open', 1, kubelet],
      [1, kubelet, 'v1 RuntimeConfig', 'unknown_method'],
      ['close', 1, kubelet],
    ],
    told: 'undetermined | -',
  },
  {
    name: 'the question is refused without the usual text, which clients do not read',
    steps: [
      ...open,
      [1, kubelet, 'v1 Version()', 'no_text'],
      [1, kubelet, 'v1alpha2 Version', 'ok'],
      [2, kubelet, 'v1 ImageFsInfo', 'no_text'],
      [2, kubelet, 'v1alpha2 ListImages', 'ok'],
    ],
    told: 'fell_back_to_v1alpha2 | fell_back_to_v1alpha2',
  },
  {
    name: 'the runtime service is old and the image service, on its own socket, is not',
    steps: [
      ...open,
      [1, kubelet, 'v1 Version()', 'unknown_service'],
      [1, kubelet, 'v1alpha2 Version', 'ok'],
      [2, kubelet, 'v1 ImageFsInfo', 'ok', other],
    ],
    told: 'fell_back_to_v1alpha2 | v1',
  },
  {
    name: 'refused, and no more to hear',
    steps: [...open, [1, kubelet, 'v1 Version()', 'unknown_service']],
    told: 'undetermined | -',
  },
  {
    name: 'falls back, and the check on the old version fails while the runtime is loading',
    steps: [
      ...open,
      [1, kubelet, 'v1 Version()', 'unknown_service'],
      [1, kubelet, 'v1alpha2 Version', 'not_ready'],
      ['close', 1, kubelet],
      ['close', 2, kubelet],
    ],
    told: 'fell_back_to_v1alpha2 | -',
  },
  {
    name: 'refused, and the check on the old version breaks off with the runtime',
    steps: [
      ['open', 1, kubelet],
      [1, kubelet, 'v1 Version()', 'unknown_service'],
      [1, kubelet, 'v1alpha2 Version', 'lost'],
      ['close', 1, kubelet],
    ],
    told: 'gave_up | -',
  },
  {
    name: 'refused, and the next version has not answered yet',
    steps: [
      ...open,
      [1, kubelet, 'v1 Version()', 'unknown_service'],
      [1, kubelet, 'v1alpha2 Version', 'in_flight'],
    ],
    told: 'undetermined | -',
  },
  {
    name: 'the question is not answered in time, and the kubelet exits',
    steps: [
      ['open', 1, kubelet],
      [1, kubelet, 'v1 Version()', 'given_up'],
      ['close', 1, kubelet],
    ],
    told: 'gave_up | -',
  },
  {
    name: 'refused, and then a call that a loss has made unreadable: it may have been the other version',
    steps: [
      ['open', 1, kubelet],
      [1, kubelet, 'v1 Version()', 'unknown_service'],
      [1, kubelet, '?', 'ok'],
      ['close', 1, kubelet],
    ],
    told: 'undetermined | -',
  },
  {
    name: 'the runtime itself says that the time is over',
    steps: [
      ['open', 1, kubelet],
      [1, kubelet, 'v1 Version()', 'deadline'],
      ['close', 1, kubelet],
    ],
    told: 'gave_up | -',
  },
  {
    name: 'the runtime dies under the question, and the kubelet exits',
    steps: [
      ['open', 1, kubelet],
      [1, kubelet, 'v1 Version()', 'lost'],
      ['close', 1, kubelet],
    ],
    told: 'gave_up | -',
  },
  {
    name: 'the runtime service is there, the image service does not answer',
    steps: [
      ...open,
      [1, kubelet, 'v1 Version()', 'ok'],
      [2, kubelet, 'v1 ImageFsInfo', 'not_ready'],
      ['close', 1, kubelet],
      ['close', 2, kubelet],
    ],
    told: 'v1 | gave_up',
  },
  {
    name: 'not ready at first, which 1.26 does not mind',
    steps: [
      ...open,
      [1, kubelet, 'v1 Version()', 'not_ready'],
      [2, kubelet, 'v1 ImageFsInfo', 'not_ready'],
      [1, kubelet, 'v1 Version', 'ok'],
      [2, kubelet, 'v1 ListImages', 'ok'],
    ],
    told: 'v1 | v1',
  },
  {
    name: 'given up three times, then the runtime is upgraded',
    steps: [
      ['open', 1, kubelet],
      [1, kubelet, 'v1 Version()', 'unknown_service'],
      ['close', 1, kubelet],
      ['open', 2, restarted],
      [2, restarted, 'v1 Version()', 'unknown_service'],
      ['close', 2, restarted],
      ['open', 3, { ...restarted, pidStart: 3n }],
      [3, { ...restarted, pidStart: 3n }, 'v1 Version()', 'ok'],
    ],
    told: 'gave_up > gave_up > v1 | -',
  },
  {
    name: 'the runtime is upgraded, the kubelet keeps its choice, and is restarted',
    steps: [
      ...fellBack,
      ...redial,
      [3, kubelet, 'v1alpha2 ListPodSandbox', 'unknown_service'],
      [4, kubelet, 'v1alpha2 ImageFsInfo', 'unknown_service'],
      ['close', 3, kubelet],
      ['close', 4, kubelet],
      ['open', 5, restarted],
      ['open', 6, restarted],
      [5, restarted, 'v1 Version()', 'ok'],
      [6, restarted, 'v1 ImageFsInfo', 'ok'],
    ],
    told: `fell_back_to_v1alpha2 > ${refused} > v1 | fell_back_to_v1alpha2 > ${refused} > v1`,
  },
  {
    name: 'calls that break off while all others are refused prove nothing',
    steps: [
      ...fellBack,
      ...redial,
      [3, kubelet, 'v1alpha2 ListPodSandbox', 'unknown_service'],
      [3, kubelet, 'v1alpha2 ListContainers', 'lost'],
      [3, kubelet, 'v1alpha2 Status', 'given_up'],
    ],
    told: `fell_back_to_v1alpha2 > ${refused} | fell_back_to_v1alpha2`,
  },
  {
    name: 'the upgrade is taken back',
    steps: [
      ...fellBack,
      ...redial,
      [3, kubelet, 'v1alpha2 ListPodSandbox', 'unknown_service'],
      ['close', 3, kubelet],
      ['open', 5, kubelet],
      [5, kubelet, 'v1alpha2 ListPodSandbox', 'ok'],
    ],
    told: `fell_back_to_v1alpha2 > ${refused} > fell_back_to_v1alpha2 | fell_back_to_v1alpha2`,
  },
  {
    name: 'a runtime that comes back with the same version is no news, not even while it starts',
    steps: [
      ...fellBack,
      ...redial,
      [3, kubelet, 'v1alpha2 ListPodSandbox', 'not_ready'],
      [3, kubelet, 'v1alpha2 Version', 'not_ready'],
      [4, kubelet, 'v1alpha2 ImageFsInfo', 'ok'],
    ],
    told: 'fell_back_to_v1alpha2 | fell_back_to_v1alpha2',
  },
  {
    name: 'joined; the runtime is replaced by one that serves another version only',
    steps: [
      ['joined', 1, kubelet],
      ['joined', 2, kubelet],
      ...redial,
      [3, kubelet, 'v1 ListPodSandbox', 'unknown_service'],
      // Of a process that was there before, this is no question, only what was due.
      [4, kubelet, 'v1 ImageFsInfo', 'unknown_service'],
    ],
    told: `${refused} (inferred) | ${refused} (inferred)`,
  },
  {
    name: 'joined; the runtime is restarted, and paths are seen',
    steps: [
      ['joined', 1, kubelet],
      ['joined', 2, kubelet],
      ...redial,
      [3, kubelet, 'v1alpha2 ListPodSandbox', 'ok'],
      [4, kubelet, 'v1 ListImages', 'ok'],
    ],
    told: 'v1alpha2 | v1',
  },
  {
    name: 'nothing is known of the processes: each connection is for itself',
    steps: [
      ['open', 1, nobody],
      ['open', 2, nobody],
      [1, nobody, 'v1 Version()', 'unknown_service'],
      [1, nobody, 'v1alpha2 Version', 'ok'],
      [2, nobody, 'v1 ImageFsInfo', 'unknown_service'],
      [2, nobody, 'v1alpha2 ImageFsInfo', 'ok'],
      ['close', 1, nobody],
      ['open', 3, nobody],
      [3, nobody, 'v1alpha2 ListPodSandbox', 'unknown_service'],
    ],
    told: `fell_back_to_v1alpha2 > ${refused} (inferred) | fell_back_to_v1alpha2`,
  },
  {
    name: 'one crictl between the calls of a kubelet',
    steps: [
      ...open,
      ['open', 7, crictl],
      [1, kubelet, 'v1 Version()', 'unknown_service'],
      [7, crictl, 'v1alpha2 ListContainers', 'ok'],
      ['close', 7, crictl],
      [1, kubelet, 'v1alpha2 Version', 'ok'],
    ],
    told: 'v1alpha2 > fell_back_to_v1alpha2 | -',
  },
  {
    name: 'a command of an old crictl that is not done in time has used v1alpha2',
    steps: [
      ['open', 7, crictl],
      [7, crictl, 'v1alpha2 RunPodSandbox', 'given_up'],
      ['close', 7, crictl],
    ],
    told: 'v1alpha2 | -',
  },
  {
    name: 'an error of the method is an answer of the service',
    steps: [
      ['open', 7, crictl],
      [7, crictl, 'v1alpha2 StopContainer', 'not_found'],
      ['close', 7, crictl],
    ],
    told: 'v1alpha2 | -',
  },
  {
    name: 'connections without a call',
    steps: [
      ['open', 7, crictl],
      ['close', 7, crictl],
    ],
    told: '- | -',
  },
];

for (const { name, steps, told } of cases) {
  test(name, () => {
    assert.equal(storyOf(play(steps)), told);
  });
}

test('each process names the one of its kind before it, and how many ended so', () => {
  const third = { ...restarted, pid: 1100 };
  const found = play([
    ['open', 1, kubelet],
    [1, kubelet, 'v1 Version()', 'unknown_service'],
    ['close', 1, kubelet],
    ['open', 7, crictl],
    [7, crictl, 'v1alpha2 ListContainers', 'ok'],
    ['close', 7, crictl],
    ['open', 2, restarted],
    [2, restarted, 'v1 Version()', 'unknown_service'],
    ['close', 2, restarted],
    ['open', 3, third],
    [3, third, 'v1 Version()', 'ok'],
  ]);
  assert.deepEqual(
    found.map(({ caller, verdict, previous, count }) => [caller.pid, verdict, previous, count]),
    [
      [812, 'gave_up', null, 1],
      [1204, 'v1alpha2', null, 1],
      [955, 'gave_up', 'gave_up', 2],
      [1100, 'v1', 'gave_up', 1],
    ],
  );
});
