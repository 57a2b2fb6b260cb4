import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import protobuf from 'protobufjs';
import { criMethods } from '../../src/cri/methods.ts';
import { redactMessage } from '../../src/cri/redact.ts';
import { encode, type Plain } from './arbitrary-message.ts';
import { run, schema, typesOf } from './drive.ts';
import { plantedMessage } from './planted-message.ts';

let planted = 0;

const secret = (): string => {
  planted += 1;
  return `SECRET${planted}`;
};

const assertClean = (what: string, value: unknown): void => {
  const text = JSON.stringify(value);
  const at = text.indexOf('SECRET');
  assert.equal(at, -1, `${what}: ...${text.slice(Math.max(0, at - 120), at + 40)}...`);
  // And in base64, as bytes would be shown.
  assert.doesNotMatch(text, /U0VDUkVU/, what);
};

describe('a secret in any string, bytes or map field outside the allow-list shows nowhere', () => {
  for (const { service, rpc } of criMethods) {
    it(rpc, () => {
      const types = typesOf(`runtime.v1.${service}/${rpc}`);
      const request = plantedMessage(types.request, 8, secret);
      const response = plantedMessage(types.response, 8, secret);
      const reading = run(`${service}/${rpc}`, request, [response, response], { full: true });
      assert.equal(reading.brokenMessages, 0);
      assertClean('facts', reading.facts);
      assertClean('kept', reading.kept);
      assertClean('full', reading.full);
    });
  }

  it('nor in a whole message of any type, shown by itself', () => {
    const types = schema.root
      .lookupType('runtime.v1.VersionRequest')
      .parent?.nestedArray.filter((object) => object instanceof protobuf.Type);
    assert.equal(types?.length, 175);
    for (const type of types) {
      const bytes = encode(type, plantedMessage(type, 8, secret));
      assertClean(type.name, redactMessage(type, type.decode(bytes)));
    }
    assert.ok(planted > 1000);
  });
});

describe('a secret in a field that is shown', () => {
  const token = 'ghp_0123456789abcdefABCDEF0123456789abcd';
  const cases: readonly [string, string, Plain, Plain[]][] = [
    ['a runtime that calls itself by a token', 'RuntimeService/Version', {}, [{ runtime_version: token }]],
    ['a runtime version in prose', 'RuntimeService/Version', {}, [{ runtime_version: `password: ${token}` }]],
    ['an image with a password', 'ImageService/PullImage', { image: { image: `u:${token}@h/i:1` } }, []],
    ['an image with a query', 'ImageService/ImageStatus', { image: { image: `h/i:1?sig=${token}` } }, []],
    ['an image behind a URL', 'ImageService/RemoveImage', { image: { image: `https://u:${token}@h/i` } }, []],
    ['a tag', 'ImageService/ListImages', {}, [{ images: [{ repo_tags: [`u:${token}@h/i:1`] }] }]],
  ];
  for (const [what, name, request, responses] of cases) {
    it(`is scrubbed: ${what}`, () => {
      const reading = run(name, request, responses, { full: true });
      assert.doesNotMatch(JSON.stringify(reading), new RegExp(token));
    });
  }
});
