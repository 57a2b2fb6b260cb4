import assert from 'node:assert/strict';
import { test } from 'node:test';
import { residenceOf } from '../../../src/calls/census/residence.ts';

const uid = '0c3f6f7e-2b0a-4d5e-9d49-3f1a6a1c2b11';
const staticUid = '8b2bfef66bd3a598f5f11d5899816e61';
const id = 'ab'.repeat(32);

const cases: readonly (readonly [string | null, ReturnType<typeof residenceOf>])[] = [
  [null, null],
  ['/', null],
  ['/user.slice/user-0.slice/session-1.scope', null],
  ['/system.slice/kubelet.service', { podUid: null, containerId: null, unit: 'kubelet.service' }],
  ['0::/system.slice/k3s.service/inner', { podUid: null, containerId: null, unit: 'k3s.service' }],
  [
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`,
    { podUid: uid, containerId: id, unit: null },
  ],
  [`/kubepods/burstable/pod${uid}/${id}`, { podUid: uid, containerId: id, unit: null }],
  [`/kubepods/besteffort/pod${staticUid}/${id}`, { podUid: staticUid, containerId: id, unit: null }],
  [
    `/kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice/crio-${id}.scope/container`,
    { podUid: uid, containerId: id, unit: null },
  ],
  [`/system.slice/docker-${id}.scope`, { podUid: null, containerId: id, unit: null }],
  // containerd as a service with the containers under it.
  [
    `/system.slice/containerd.service/kubepods-pod${uid}.slice:cri-containerd:${id}`,
    { podUid: uid, containerId: id, unit: 'containerd.service' },
  ],
  [`/kubepods/pod${uid}a/x`, null],
  [`/x/${id}0`, null],
];

for (const [cgroup, residence] of cases) {
  test(`${cgroup}`, () => assert.deepEqual(residenceOf(cgroup), residence));
}
