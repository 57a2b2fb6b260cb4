import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { criMethods, findMethod } from '../../src/cri/methods.ts';
import { type ApiVersion, loadProto } from '../../src/cri/proto.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { valueAttributes } from '../../src/cri/values.ts';

const rpcs = (version: ApiVersion) => {
  const root = loadProto(version);
  return ['RuntimeService', 'ImageService'].flatMap((service) =>
    root
      .lookupService(`runtime.${version}.${service}`)
      .methodsArray.map((rpc) => ({ service, rpc: rpc.name, streaming: rpc.responseStream === true })),
  );
};

const byName = (a: { rpc: string }, b: { rpc: string }) => (a.rpc < b.rpc ? -1 : 1);

describe('the method table', () => {
  it('has one row for each of the 43 methods of v1', () => {
    const rows = criMethods.map(({ service, rpc, streaming }) => ({ service, rpc, streaming }));
    assert.equal(rows.length, 43);
    assert.deepEqual(rows.sort(byName), rpcs('v1').sort(byName));
  });

  it('knows the 29 methods of v1alpha2', () => {
    const rows = criMethods.filter((row) => row.inV1alpha2);
    assert.equal(rows.length, 29);
    assert.deepEqual(
      rows.map(({ service, rpc, streaming }) => ({ service, rpc, streaming })).sort(byName),
      rpcs('v1alpha2').sort(byName),
    );
  });

  it('compiles against the schema', () => {
    assert.equal(loadSchema().methods.size, 43);
  });

  it('has a list field exactly where the reply is a list', () => {
    for (const row of criMethods) {
      const isList = /^(List|Stream)/.test(row.rpc);
      assert.equal(row.items !== null, isList, row.rpc);
    }
  });

  it('uses every documented value', () => {
    const used = new Set(criMethods.flatMap((row) => Object.keys(row.values)));
    assert.deepEqual([...used].sort(), Object.keys(valueAttributes).sort());
  });
});

describe('findMethod', () => {
  for (const version of ['v1', 'v1alpha2'] as const) {
    it(`finds each method of ${version}`, () => {
      for (const { service, rpc } of rpcs(version)) {
        const found = findMethod(`runtime.${version}.${service}/${rpc}`);
        assert.equal(found?.apiVersion, version);
        assert.equal(found.service, service);
        assert.equal(found.rpc, rpc);
        assert.equal(found.method.rpc, rpc);
      }
    });
  }

  it('finds a path of HTTP/2, with its leading slash, like the name', () => {
    const name = 'runtime.v1alpha2.ImageService/PullImage';
    assert.equal(findMethod(name)?.name, name);
    assert.equal(findMethod(`/${name}`), findMethod(name));
  });

  const unknown = [
    'runtime.v1alpha2.RuntimeService/RuntimeConfig',
    'runtime.v1.RuntimeService/PullImage',
    'runtime.v1.RuntimeService/Nonsense',
    'runtime.v2.RuntimeService/Version',
    'containerd.services.containers.v1.Containers/List',
    '//runtime.v1.RuntimeService/Version',
    '/',
    '__proto__',
    '',
  ];
  for (const path of unknown) {
    it(`knows nothing of ${JSON.stringify(path)}`, () => assert.equal(findMethod(path), null));
  }
});
