import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { tapOn } from '../../source/tap/stage.ts';
import type { ClientName } from '../../support/cri-clients.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { aProxy } from '../../support/observed.ts';
import { createMatrix, type Place, type RuntimeName } from './matrix.ts';

const v1 = 'v1 | v1';
const v1Alone = 'v1 | -';
const old = 'v1alpha2 | v1alpha2';
const oldAlone = 'v1alpha2 | -';
const fell = 'fell_back_to_v1alpha2 | fell_back_to_v1alpha2';
const fellAlone = 'fell_back_to_v1alpha2 | -';
const gaveUp = 'gave_up | -';
const bothGaveUp = 'gave_up | gave_up';
const refused = 'version_refused_after_upgrade';
const inferred = `${refused} (inferred) | -`;

/**
 * By hand: what each release line does (Kubernetes 1.20 to 1.37, crictl), against what each runtime answers. The
 * verdicts on the runtime service, then on the image service; `-`: it was never called.
 */
const expected: Readonly<Record<RuntimeName, Readonly<Record<ClientName, string>>>> = {
  'v1 only': {
    'kubelet 1.20-1.22': gaveUp,
    'kubelet 1.23-1.25': v1,
    'kubelet 1.26': v1,
    'kubelet 1.27+': v1,
    // A client that never asks and is wrong looks like one that chose before.
    'crictl -1.23': inferred,
    'crictl 1.24-1.25': v1Alone,
    'crictl 1.26+': v1Alone,
    other: v1Alone,
  },
  'v1alpha2 only': {
    'kubelet 1.20-1.22': old,
    'kubelet 1.23-1.25': fell,
    'kubelet 1.26': gaveUp,
    'kubelet 1.27+': gaveUp,
    'crictl -1.23': oldAlone,
    'crictl 1.24-1.25': fellAlone,
    'crictl 1.26+': gaveUp,
    other: inferred,
  },
  both: {
    'kubelet 1.20-1.22': old,
    'kubelet 1.23-1.25': v1,
    'kubelet 1.26': v1,
    'kubelet 1.27+': v1,
    'crictl -1.23': oldAlone,
    'crictl 1.24-1.25': v1Alone,
    'crictl 1.26+': v1Alone,
    other: v1Alone,
  },
  neither: {
    'kubelet 1.20-1.22': gaveUp,
    // It takes v1alpha2 unasked for both services, and dies of the check that comes then.
    'kubelet 1.23-1.25': bothGaveUp,
    'kubelet 1.26': gaveUp,
    'kubelet 1.27+': gaveUp,
    'crictl -1.23': inferred,
    'crictl 1.24-1.25': gaveUp,
    'crictl 1.26+': gaveUp,
    other: inferred,
  },
  'v1alpha2, then v1': {
    'kubelet 1.20-1.22': `v1alpha2 > ${refused} | v1alpha2 > ${refused}`,
    'kubelet 1.23-1.25': `fell_back_to_v1alpha2 > ${refused} | fell_back_to_v1alpha2 > ${refused}`,
    'kubelet 1.26': gaveUp,
    'kubelet 1.27+': gaveUp,
    'crictl -1.23': oldAlone,
    'crictl 1.24-1.25': fellAlone,
    'crictl 1.26+': gaveUp,
    other: `${refused} (inferred) > v1 | -`,
  },
  'not ready': {
    'kubelet 1.20-1.22': gaveUp,
    'kubelet 1.23-1.25': gaveUp,
    // It ignores the failed questions on both services, and dies of the check.
    'kubelet 1.26': bothGaveUp,
    'kubelet 1.27+': gaveUp,
    // An error of the method: the service is there.
    'crictl -1.23': oldAlone,
    'crictl 1.24-1.25': gaveUp,
    'crictl 1.26+': gaveUp,
    other: v1Alone,
  },
  'ready after two calls': {
    'kubelet 1.20-1.22': gaveUp,
    'kubelet 1.23-1.25': gaveUp,
    'kubelet 1.26': v1,
    'kubelet 1.27+': gaveUp,
    'crictl -1.23': oldAlone,
    'crictl 1.24-1.25': gaveUp,
    'crictl 1.26+': gaveUp,
    other: v1Alone,
  },
  slow: {
    'kubelet 1.20-1.22': old,
    'kubelet 1.23-1.25': v1,
    'kubelet 1.26': v1,
    'kubelet 1.27+': v1,
    'crictl -1.23': oldAlone,
    'crictl 1.24-1.25': v1Alone,
    'crictl 1.26+': v1Alone,
    other: v1Alone,
  },
  resetting: {
    'kubelet 1.20-1.22': gaveUp,
    'kubelet 1.23-1.25': gaveUp,
    'kubelet 1.26': bothGaveUp,
    'kubelet 1.27+': gaveUp,
    'crictl -1.23': oldAlone,
    'crictl 1.24-1.25': gaveUp,
    'crictl 1.26+': gaveUp,
    other: v1Alone,
  },
};

const places: Readonly<Record<string, (test: TestContext) => Promise<Place>>> = {
  async proxy(t) {
    const runtimePath = `${await temporaryFolder(t)}/runtime.sock`;
    const { proxy, socket } = await aProxy(t, runtimePath);
    return { source: proxy, runtimePath, clientPath: socket };
  },
  async tap(t) {
    const runtimePath = `${await temporaryFolder(t)}/runtime.sock`;
    let isWatching = false;
    const notice = ({ kind }: { readonly kind: string }): void => {
      isWatching = kind === 'watching';
    };
    const source = tapOn(t, runtimePath, {}, { notice });
    return { source, runtimePath, clientPath: runtimePath, isWatching: () => isWatching };
  },
};

const names = <Name extends string>(record: Readonly<Record<Name, unknown>>): Name[] =>
  Object.keys(record).filter((name): name is Name => name in record);

for (const [source, place] of Object.entries(places)) {
  test(`through the ${source}: what each release line comes to with each runtime`, async (t) => {
    const matrix = createMatrix(await place(t));
    for (const runtime of names(expected))
      for (const client of names(expected[runtime]))
        await t.test(`${client}, ${runtime}`, async () => {
          assert.equal(await matrix.cell(client, runtime), expected[runtime][client]);
        });
  });
}
