import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as stable from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { attributeRows } from '../../src/spans/attributes.ts';

const named = new Set<unknown>([...Object.values(stable), ...Object.values(incubating)]);

test('every attribute outside `cri.` is one of the semantic conventions, spelt as there', () => {
  const unknown = attributeRows.filter(({ name }) => !name.startsWith('cri.') && !named.has(name));
  assert.deepEqual(
    unknown.map(({ name }) => name),
    [],
  );
});
