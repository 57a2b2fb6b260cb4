import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { valueAttributes } from '../../src/cri/values.ts';
import { attributeRows } from '../../src/spans/attributes.ts';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { aCall } from '../support/a-call.ts';
import { aSpanContext } from '../support/a-span-context.ts';
import { attributesPage } from './attributes-page.ts';
import { checkSpan } from './check-span.ts';

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
      response: { messages: 1, bytes: 1 << 20 },
    },
    requestSentAt: 1_795_476_336_832_945_000n,
    sentBound: true,
    requestReadAt: 1_795_476_336_832_940_000n,
    identitySource: 'cache',
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
  aCall({
    method: null,
    rpc: null,
    methodSource: 'unknown',
    methodCandidates: ['ListContainers', 'StreamContainers'],
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
  const names = new Set<string>(attributeRows.map(({ name }) => name));
  assert.equal(names.size, attributeRows.length);
  for (const name of Object.keys(valueAttributes)) assert.ok(!names.has(`cri.${name}`), name);
});

test('docs/reference/attributes.md is what the tables make', () => {
  const page = readFileSync(new URL('../../docs/reference/attributes.md', import.meta.url), 'utf8');
  assert.equal(page, attributesPage());
});
