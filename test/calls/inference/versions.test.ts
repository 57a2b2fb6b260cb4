import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClients, learnOf } from '../../../src/calls/inference/clients.ts';
import { createVersions } from '../../../src/calls/inference/versions.ts';
import { type CriMethod, criMethods } from '../../../src/cri/methods.ts';

const method = (rpc: string): CriMethod => {
  const found = criMethods.find((one) => one.rpc === rpc);
  if (found === undefined) throw new RangeError(rpc);
  return found;
};
const ofRuntime = method('ListContainers');
const ofImages = method('ImageFsInfo');
const only1 = method('RuntimeConfig');

const reply = (name: string, version: string, api: string) => ({
  version: '0.1.0',
  runtime_name: name,
  runtime_version: version,
  runtime_api_version: api,
});

const client = () => createClients(4).of({ pid: 1, pidStart: 2n }, '/run/cri.sock');

for (const [name, version, api, runtime, images] of [
  ['containerd', 'v2.4.2', 'v1', 'v1', 'v1'],
  ['containerd', '1.6.20~ds1', 'v1', 'v1', null],
  ['containerd', '1.6.20~ds1', 'v1alpha2', 'v1alpha2', null],
  ['containerd', '1.5.18+unknown', 'v1alpha2', 'v1alpha2', 'v1alpha2'],
  ['cri-o', '1.36.3', 'v1', 'v1', 'v1'],
  ['cri-o', '1.24.0', 'v1alpha2', null, null],
  ['another', '3.0.0', 'v1', null, null],
  ['containerd', 'unreleased', 'v1', 'v1', null],
] as const) {
  test(`${name} ${version} that names ${api}: ${runtime} and ${images}`, () => {
    const versions = createVersions(client(), '/run/cri.sock');
    assert.equal(versions.of(only1), 'v1');
    assert.equal(versions.of(ofRuntime), null);
    assert.equal(versions.told(reply(name, version, api)), runtime !== null);
    assert.deepEqual([versions.of(ofRuntime), versions.of(ofImages)], [runtime, images]);
  });
}

test('what a path says holds, and another endpoint of the same client proves nothing for this one', () => {
  const of = client();
  const versions = createVersions(of, '/run/cri.sock');
  assert.ok(versions.read('RuntimeService', 'v1alpha2'));
  versions.told(reply('containerd', '2.0.0', 'v1'));
  assert.equal(versions.of(ofRuntime), 'v1alpha2');
  assert.equal(createVersions(of, '/run/images.sock').of(ofImages), null);
  learnOf(of, { isRecent: true });
  assert.equal(createVersions(of, '/run/images.sock').of(ofImages), 'v1');
});
