import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { valueAttributes } from '../../src/cri/values.ts';
import { type AttributeRow, attributeRows } from '../../src/spans/attributes.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import type { Attributes, AttributeValue, Span } from '../../src/spans/span.ts';
import { aCall } from '../support/a-call.ts';
import { aSpanContext } from '../support/a-span-context.ts';
import { attributesPage } from './attributes-page.ts';

const rows = new Map<string, AttributeRow>(attributeRows.map((row) => [row.name, row]));

const isOf = (value: AttributeValue, type: AttributeRow['type']): boolean => {
  if (type === 'int') return Number.isInteger(value);
  if (type === 'double') return typeof value === 'number';
  return type === 'string[]' ? typeof value === 'object' : typeof value === type;
};

const check = (attributes: Attributes, on: readonly AttributeRow['on'][]): void => {
  for (const [name, value] of Object.entries(attributes)) {
    const row = rows.get(name);
    if (row === undefined) {
      assert.ok(
        name.startsWith('cri.') && Object.hasOwn(valueAttributes, name.slice(4)),
        `${name} is in no table`,
      );
      continue;
    }
    assert.ok(on.includes(row.on), `${name} on ${on}`);
    assert.ok(isOf(value, row.type), `${name} is ${typeof value}, not ${row.type}`);
    assert.notEqual(value, '', name);
  }
};

const checkSpan = (span: Span): void => {
  check(span.attributes, span.kind === 'client' ? ['client', 'both'] : ['server', 'both']);
  check(span.resource, ['resource']);
};

/** Calls that, together, say everything. */
const base = aCall();
const calls = [
  base,
  aCall({
    facts: {
      ...base.facts,
      containerId: '3f4e',
      containerName: 'app',
      containerAttempt: 2,
      image: 'busybox:1',
      imageRef: 'busybox@sha256:00',
      imageId: 'sha256:00',
      items: 3,
      values: { 'runtime.name': 'containerd', 'runtime.version': 'v2.1.4', 'image.present': true },
    },
    result: {
      ...base.result,
      status: 'NOT_FOUND',
      statusCode: 5,
      statusMessage: 'no such image',
      reset: { by: 'client', code: 'CANCEL' },
      lostBytes: 12,
    },
    requestSentAt: 1_795_476_336_832_945_000n,
    requestReadAt: 1_795_476_336_832_940_000n,
    unknownFields: 1,
    brokenMessages: 1,
  }),
  aCall({
    method: 'containerd.services.version.v1.Version/Version',
    rpc: 'Version',
    service: null,
    apiVersion: null,
    start: null,
    requestReadAt: null,
    result: { ...base.result, lostBytes: null },
  }),
  aCall({
    method: null,
    service: 'RuntimeService',
    apiVersion: null,
    methodSource: 'inferred',
    methodConfidence: 0.9,
  }),
];

test('no span carries an attribute that is in no table, or of another type, or in another place', () => {
  const context = aSpanContext();
  const spans = calls.flatMap((call) => spansOfCall(call, context));
  assert.equal(spans.length, 2 * calls.length);
  for (const span of spans) checkSpan(span);
});

test('every row of the table is set by some call', () => {
  const context = aSpanContext();
  const seen = new Set(
    calls
      .flatMap((call) => spansOfCall(call, context))
      .flatMap(({ attributes, resource }) => [...Object.keys(attributes), ...Object.keys(resource)]),
  );
  const host = ['host.name', 'k8s.node.name'];
  assert.deepEqual(
    attributeRows.map(({ name }) => name).filter((name) => !seen.has(name) && !host.includes(name)),
    [],
  );
});

test('names are unique, and values of methods take none of them', () => {
  assert.equal(rows.size, attributeRows.length);
  for (const name of Object.keys(valueAttributes)) assert.ok(!rows.has(`cri.${name}`), name);
});

test('docs/reference/attributes.md is what the tables make', () => {
  const page = readFileSync(new URL('../../docs/reference/attributes.md', import.meta.url), 'utf8');
  assert.equal(page, attributesPage());
});
