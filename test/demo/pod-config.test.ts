import assert from 'node:assert/strict';
import test from 'node:test';
import { type Message, methodCodecs } from '../../src/demo/codec.ts';
import { containerConfig, type PodPlan, sandboxConfig } from '../../src/demo/pod-config.ts';

const container = { name: 'web', image: 'example.local/web:1', args: ['serve'] };
const plan: PodPlan = {
  namespace: 'default',
  name: 'web-0',
  uid: 'u-1',
  attempt: 3,
  containers: [container],
};
const place = { logFolder: '/logs', volumeFolder: '/volumes', cgroupParent: '/parent' };

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);

/** Paths of all values that are not protobuf's zero values: those a message keeps on the wire. */
const paths = (value: unknown, at = ''): string[] => {
  if (Array.isArray(value)) return value.flatMap((item, index) => paths(item, `${at}[${index}]`));
  if (isMessage(value)) return Object.entries(value).flatMap(([key, item]) => paths(item, `${at}.${key}`));
  const zero = value === 0 || value === '0' || value === '' || value === false;
  const zeroEnum = value === 'POD' || value === 'RuntimeDefault';
  const mapValue = at.includes('annotations') || at.includes('sysctls');
  return (zero && !mapValue) || zeroEnum ? [] : [at];
};

for (const version of ['v1', 'v1alpha2'] as const)
  test(`a kubelet's configuration of a pod loses nothing on the wire in ${version}`, () => {
    const create = methodCodecs(version).get('CreateContainer');
    assert.ok(create);
    const request = {
      pod_sandbox_id: 'ab'.repeat(32),
      config: containerConfig(plan, container, place, 'sha256:1'),
      sandbox_config: sandboxConfig(plan, place),
    };
    const gone = new Set(paths(request));
    for (const path of paths(create.decodeRequest(create.encodeRequest(request)))) gone.delete(path);
    // Newer than the last v1alpha2: unknown there, as a kubelet's v1alpha2 client leaves them out.
    const newer = version === 'v1' ? [] : ['.config.image.user_specified_image'];
    assert.deepEqual([...gone], newer);
  });

test('the pod is named in labels, log paths and cgroup as kubelets do', () => {
  const sandbox = sandboxConfig(plan, place);
  assert.deepEqual(sandbox.metadata, { name: 'web-0', uid: 'u-1', namespace: 'default', attempt: 3 });
  assert.equal(sandbox.log_directory, '/logs/default_web-0_u-1');
  assert.deepEqual(containerConfig(plan, container, place, 'sha256:1').labels, {
    'io.kubernetes.container.name': 'web',
    'io.kubernetes.pod.name': 'web-0',
    'io.kubernetes.pod.namespace': 'default',
    'io.kubernetes.pod.uid': 'u-1',
  });
});
