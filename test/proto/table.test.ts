import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import protobuf from 'protobufjs';
import { type ApiVersion, loadProto } from '../../src/cri/proto.ts';

type Table = Record<
  string,
  {
    services: Record<string, Record<string, [string, string, boolean, boolean]>>;
    /** Field: number, type, then `repeated`, `redact`, `deprecated` as they apply. */
    messages: Record<string, Record<string, [number, string, ...string[]]>>;
    enums: Record<string, Record<string, number>>;
  }
>;

const table: Table = JSON.parse(
  readFileSync(new URL('../fixtures/cri/cri-api.json', import.meta.url), 'utf8'),
);

const fieldRow = (field: protobuf.Field): [number, string, ...string[]] => {
  const type = field.resolvedType === null ? field.type : relativeName(field.resolvedType);
  const marks = [
    ...(field.repeated ? ['repeated'] : []),
    ...(field.options?.debug_redact === true ? ['redact'] : []),
    ...(field.options?.deprecated === true ? ['deprecated'] : []),
  ];
  return [field.id, field instanceof protobuf.MapField ? `map<${field.keyType},${type}>` : type, ...marks];
};

const relativeName = (object: protobuf.ReflectionObject): string =>
  object.fullName.split('.').slice(3).join('.');

const describeLoaded = (namespace: protobuf.NamespaceBase, out: Table[string]): Table[string] => {
  for (const object of namespace.nestedArray) {
    if (object instanceof protobuf.Service) {
      out.services[object.name] = Object.fromEntries(
        object.methodsArray.map((rpc) => [
          rpc.name,
          [rpc.requestType, rpc.responseType, rpc.requestStream === true, rpc.responseStream === true],
        ]),
      );
    } else if (object instanceof protobuf.Enum) {
      out.enums[relativeName(object)] = { ...object.values };
    } else if (object instanceof protobuf.Type) {
      out.messages[relativeName(object)] = Object.fromEntries(
        object.fieldsArray.map((field) => [field.name, fieldRow(field)]),
      );
      assert.equal(object.oneofsArray.length, 0, `${object.fullName} has no oneof`);
      describeLoaded(object, out);
    }
  }
  return out;
};

const counts: Record<ApiVersion, [rpcs: number, messages: number, fields: number, enums: number]> = {
  v1: [43, 175, 478, 11],
  v1alpha2: [29, 122, 341, 6],
};

for (const version of ['v1', 'v1alpha2'] as const) {
  describe(`proto/runtime/${version} against the table of the API`, () => {
    const expected = table[`runtime.${version}`] ?? assert.fail('not in the table');
    const actual = describeLoaded(loadProto(version).lookup(`runtime.${version}`) as protobuf.Namespace, {
      services: {},
      messages: {},
      enums: {},
    });

    it('has its number of methods, messages, fields and enums', () => {
      const sizes = (part: Record<string, object>) =>
        Object.values(part).reduce((sum, members) => sum + Object.keys(members).length, 0);
      assert.deepEqual(
        [
          sizes(actual.services),
          Object.keys(actual.messages).length,
          sizes(actual.messages),
          Object.keys(actual.enums).length,
        ],
        counts[version],
      );
    });

    for (const part of ['services', 'messages', 'enums'] as const) {
      it(`has the same ${part}, element by element`, () => {
        assert.deepEqual(Object.keys(actual[part]).sort(), Object.keys(expected[part]).sort());
        for (const [name, members] of Object.entries(expected[part])) {
          assert.deepEqual(actual[part][name], members, name);
        }
      });
    }
  });
}
