import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CallFacts, noFacts } from '../../src/cri/facts.ts';
import { criMethods } from '../../src/cri/methods.ts';
import { commandDigest } from '../../src/foundation/command-digest.ts';
import type { Plain } from './arbitrary-message.ts';
import { run, send, start, typesOf } from './drive.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const metadata = { name: 'web-0', namespace: 'shop', uid: 'a1b2' };
const pod = { ...metadata, attempt: 2 };
const labels = {
  'io.kubernetes.pod.name': 'web-0',
  'io.kubernetes.pod.namespace': 'shop',
  'io.kubernetes.pod.uid': 'a1b2',
  'io.kubernetes.container.name': 'nginx',
  app: 'web',
};
const podOfLabels = { ...metadata, attempt: null };
const condition = (type: string, status: boolean) => ({ type, status, reason: 'r', message: 'm' });

type Case = [rpc: string, request: Plain, responses: Plain[], facts: Partial<CallFacts>, what?: string];

const sandboxOnly: Case[] = [
  'StopPodSandbox',
  'RemovePodSandbox',
  'PortForward',
  'UpdatePodSandboxResources',
].map((rpc) => [rpc, { pod_sandbox_id: 's1' }, [{}], { sandboxId: 's1' }]);

const containerOnly: Case[] = [
  'StartContainer',
  'RemoveContainer',
  'ReopenContainerLog',
  'UpdateContainerResources',
].map((rpc) => [rpc, { container_id: 'c1' }, [{}], { containerId: 'c1' }]);

const cases: Case[] = [
  ...sandboxOnly,
  ...containerOnly,
  ['Version', {}, [], { values: {} }, 'the probe'],
  [
    'Version',
    { version: '0.1.0' },
    [
      {
        version: '0.1.0',
        runtime_name: 'containerd',
        runtime_version: 'v2.0.1+unknown',
        runtime_api_version: 'v1',
      },
    ],
    {
      values: {
        'version.requested': '0.1.0',
        'runtime.name': 'containerd',
        'runtime.version': 'v2.0.1+unknown',
        'runtime.api_version': 'v1',
      },
    },
  ],
  [
    'Status',
    {},
    [{ status: { conditions: [condition('RuntimeReady', true), condition('NetworkReady', false)] } }],
    { values: { verbose: false, 'runtime.ready': true, 'runtime.network_ready': false } },
  ],
  ['UpdateRuntimeConfig', { runtime_config: { network_config: { pod_cidr: '10.0.0.0/8' } } }, [{}], {}],
  ['RuntimeConfig', {}, [{ linux: {} }], { values: { 'runtime.cgroup_driver': 'SYSTEMD' } }],
  ['RuntimeConfig', {}, [{}], {}, 'not said'],
  [
    'RunPodSandbox',
    { config: { metadata: pod, labels }, runtime_handler: 'kata' },
    [{ pod_sandbox_id: 's1' }],
    { pod, sandboxId: 's1', runtimeHandler: 'kata' },
  ],
  ['RunPodSandbox', { config: { metadata } }, [], { pod: { ...metadata, attempt: 0 } }, 'failed'],
  [
    'PodSandboxStatus',
    { pod_sandbox_id: 's', verbose: true },
    [{ status: { id: 's1', metadata: pod, runtime_handler: 'runc' } }],
    {
      pod,
      sandboxId: 's1',
      runtimeHandler: 'runc',
      values: { verbose: true, 'sandbox.state': 'SANDBOX_READY' },
    },
  ],
  [
    'PodSandboxStatus',
    { pod_sandbox_id: 's1' },
    [],
    { sandboxId: 's1', values: { verbose: false } },
    'failed',
  ],
  [
    'PodSandboxStats',
    { pod_sandbox_id: 's1' },
    [{ stats: { attributes: { id: 's1', metadata: pod } } }],
    { pod, sandboxId: 's1' },
  ],
  ['ListPodSandbox', {}, [{ items: [{ id: 's1', metadata: pod }, { id: 's2' }] }], { items: 2 }],
  [
    'ListPodSandbox',
    { filter: { id: 's1', state: {}, label_selector: { 'io.kubernetes.pod.uid': 'a1b2' } } },
    [{}],
    {
      sandboxId: 's1',
      pod: { namespace: null, name: null, uid: 'a1b2', attempt: null },
      items: 0,
      values: { 'filter.state': 'SANDBOX_READY' },
    },
    'filtered',
  ],
  ['StreamPodSandboxes', {}, [{ pod_sandboxes: [{ id: 's1' }] }, { pod_sandboxes: [{}, {}] }], { items: 3 }],
  [
    'CreateContainer',
    {
      pod_sandbox_id: 's1',
      config: {
        metadata: { name: 'nginx', attempt: 3 },
        image: { image: 'sha256:feed', user_specified_image: 'nginx:1' },
      },
      sandbox_config: { metadata: pod },
    },
    [{ container_id: 'c1' }],
    {
      pod,
      sandboxId: 's1',
      containerId: 'c1',
      containerName: 'nginx',
      containerAttempt: 3,
      image: 'nginx:1',
    },
  ],
  [
    'StopContainer',
    { container_id: 'c1', timeout: 30 },
    [{}],
    { containerId: 'c1', values: { 'stop.timeout_s': 30 } },
  ],
  [
    'StopContainer',
    { container_id: 'c1' },
    [{}],
    { containerId: 'c1', values: { 'stop.timeout_s': 0 } },
    'no grace',
  ],
  [
    'ContainerStatus',
    { container_id: 'c1' },
    [
      {
        status: {
          id: 'c1',
          metadata: { name: 'nginx', attempt: 1 },
          state: 'CONTAINER_EXITED',
          exit_code: 137,
          image: { image: 'nginx:1' },
          image_ref: `docker.io/library/nginx@${digest}`,
          image_id: 'sha256:feed',
          labels,
        },
      },
    ],
    {
      pod: podOfLabels,
      containerId: 'c1',
      containerName: 'nginx',
      containerAttempt: 1,
      image: 'nginx:1',
      imageRef: `docker.io/library/nginx@${digest}`,
      imageId: 'sha256:feed',
      values: { verbose: false, 'container.state': 'CONTAINER_EXITED', 'container.exit_code': 137 },
    },
  ],
  [
    'ContainerStatus',
    { container_id: 'c1' },
    [{ status: { id: 'c1', metadata: { name: 'nginx' }, state: 'CONTAINER_RUNNING', exit_code: 0 } }],
    {
      containerId: 'c1',
      containerName: 'nginx',
      containerAttempt: 0,
      values: { verbose: false, 'container.state': 'CONTAINER_RUNNING' },
    },
    'running: no exit code',
  ],
  [
    'ContainerStats',
    { container_id: 'c1' },
    [{ stats: { attributes: { id: 'c1', metadata: { name: 'nginx', attempt: 1 }, labels } } }],
    { pod: podOfLabels, containerId: 'c1', containerName: 'nginx', containerAttempt: 1 },
  ],
  [
    'ListContainers',
    { filter: { id: 'c1', pod_sandbox_id: 's1', state: { state: 'CONTAINER_RUNNING' } } },
    [{ containers: [{}] }],
    { containerId: 'c1', sandboxId: 's1', items: 1, values: { 'filter.state': 'CONTAINER_RUNNING' } },
  ],
  ['StreamContainers', {}, [], { items: 0 }],
  ['ListContainerStats', { filter: { id: 'c1' } }, [{ stats: [{}, {}] }], { containerId: 'c1', items: 2 }],
  ['StreamContainerStats', {}, [{ container_stats: [{}] }], { items: 1 }],
  ['ListPodSandboxStats', { filter: { id: 's1' } }, [{ stats: [{}] }], { sandboxId: 's1', items: 1 }],
  ['StreamPodSandboxStats', {}, [{ pod_sandbox_stats: [{}] }], { items: 1 }],
  ['ListMetricDescriptors', {}, [{ descriptors: [{}, {}] }], { items: 2 }],
  ['ListPodSandboxMetrics', {}, [{ pod_metrics: [{}] }], { items: 1 }],
  ['StreamPodSandboxMetrics', {}, [{ pod_sandbox_metrics: [{}] }], { items: 1 }],
  [
    'ExecSync',
    { container_id: 'c1', cmd: ['cat'], timeout: 1 },
    [{ stdout: Buffer.from('x'), exit_code: -1 }],
    {
      containerId: 'c1',
      commandDigest: commandDigest(['cat']),
      values: { 'exec.timeout_s': 1, 'exec.exit_code': -1 },
    },
  ],
  [
    'ExecSync',
    { container_id: 'c1' },
    [{}],
    { containerId: 'c1', values: { 'exec.timeout_s': 0, 'exec.exit_code': 0 } },
    'succeeded',
  ],
  [
    'Exec',
    { container_id: 'c1', tty: true },
    [{ url: 'http://x/y' }],
    { containerId: 'c1', values: { 'exec.tty': true } },
  ],
  ['Attach', { container_id: 'c1' }, [{}], { containerId: 'c1', values: { 'exec.tty': false } }],
  [
    'GetContainerEvents',
    {},
    [
      { container_id: 'c1', container_event_type: 'CONTAINER_CREATED_EVENT' },
      { container_id: 'c1', container_event_type: 'CONTAINER_STARTED_EVENT' },
      { container_id: 'c2', container_event_type: 'CONTAINER_CREATED_EVENT' },
    ],
    { values: { 'events.created': 2, 'events.started': 1, 'events.stopped': 0, 'events.deleted': 0 } },
  ],
  [
    'CheckpointContainer',
    { container_id: 'c1', location: '/x', timeout: 9 },
    [{}],
    { containerId: 'c1', values: { 'checkpoint.timeout_s': 9 } },
  ],
  [
    'CheckpointPod',
    { pod_sandbox_id: 's1', container_ids: ['c1', 'c2'] },
    [{}],
    { sandboxId: 's1', values: { 'checkpoint.containers': 2 } },
  ],
  [
    'RestorePod',
    { config: { metadata: pod }, runtime_handler: 'runc' },
    [{ pod_sandbox_id: 's1', restored_containers: [{ name: 'a', container_id: 'c1' }] }],
    { pod, sandboxId: 's1', runtimeHandler: 'runc', values: { 'restore.containers': 1 } },
  ],
];

const imageCases: Case[] = [
  ['ListImages', { filter: { image: { image: 'nginx' } } }, [{ images: [{}] }], { image: 'nginx', items: 1 }],
  ['StreamImages', {}, [{ images: [{}, {}] }], { items: 2 }],
  [
    'ImageStatus',
    { image: { image: 'nginx:1', runtime_handler: 'kata' } },
    [{ image: { id: 'sha256:feed', size: 123456 } }],
    {
      image: 'nginx:1',
      imageId: 'sha256:feed',
      runtimeHandler: 'kata',
      values: { verbose: false, 'image.present': true, 'image.size_bytes': 123456 },
    },
  ],
  [
    'ImageStatus',
    { image: { image: 'nginx:1' } },
    [{}],
    { image: 'nginx:1', values: { verbose: false, 'image.present': false } },
    'not there',
  ],
  [
    'PullImage',
    {
      image: { image: 'https://user:pw@reg.io/nginx:1?token=x' },
      auth: { password: 'p' },
      sandbox_config: { metadata: pod },
    },
    [{ image_ref: `reg.io/nginx@${digest}` }],
    { pod, image: 'https://reg.io/nginx:1', imageRef: `reg.io/nginx@${digest}` },
  ],
  ['RemoveImage', { image: { image: 'nginx:1' } }, [{}], { image: 'nginx:1' }],
  [
    'ImageFsInfo',
    {},
    [
      {
        image_filesystems: [{ used_bytes: { value: 5 } }, { used_bytes: { value: 6 } }],
        container_filesystems: [{ used_bytes: { value: 7 } }],
      },
    ],
    { values: { 'image_fs.used_bytes': 11, 'container_fs.used_bytes': 7 } },
  ],
];

describe("facts of a call, from this call's own messages", () => {
  const all = [
    ...cases.map((one) => ['RuntimeService', one] as const),
    ...imageCases.map((one) => ['ImageService', one] as const),
  ];
  for (const [service, [rpc, request, responses, facts, what]] of all) {
    it(what === undefined ? rpc : `${rpc}, ${what}`, () => {
      const reading = run(`${service}/${rpc}`, request, responses);
      assert.deepEqual(reading.facts, { ...noFacts, ...facts });
    });
  }

  it('there is a case for every method', () => {
    const tried = new Set(all.map(([, [rpc]]) => rpc));
    assert.deepEqual([...tried].sort(), criMethods.map(({ rpc }) => rpc).sort());
  });

  it('does not take the absence of a field for its default when the message broke off', () => {
    const path = 'runtime.v1.RuntimeService/ExecSync';
    const call = start(path);
    send(call, 'request', typesOf(path).request.encode({ container_id: 'c1' }).finish());
    call.message('response', {
      bytes: Uint8Array.of(0x0a),
      offset: 0,
      length: 9,
      last: false,
      compressed: false,
    });
    call.broken('response');
    const { facts, brokenMessages } = call.finish();
    assert.deepEqual(facts.values, { 'exec.timeout_s': 0 });
    assert.equal(brokenMessages, 1);
  });
});
