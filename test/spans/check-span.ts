import assert from 'node:assert/strict';
import { valueAttributes } from '../../src/cri/values.ts';
import { type AttributeRow, attributeRows } from '../../src/spans/attributes.ts';
import { kernelPartRows, kernelTotalRows } from '../../src/spans/kernel-attributes.ts';
import type { Attributes, AttributeValue, Span } from '../../src/spans/span.ts';

const rows = new Map<string, AttributeRow>(
  [...attributeRows, ...kernelTotalRows].map((row) => [row.name, row]),
);
const partRows = new Map<string, AttributeRow>(kernelPartRows.map((row) => [row.name, row]));

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

/** Of a part, or of an event on a SERVER span. */
export const checkKernelAttributes = (attributes: Attributes): void => {
  for (const [name, value] of Object.entries(attributes)) {
    const row = partRows.get(name);
    assert.ok(row !== undefined, `${name} is in no table`);
    assert.ok(isOf(value, row.type), `${name} is ${typeof value}, not ${row.type}`);
    assert.notEqual(value, '', name);
  }
};

/** Every attribute is in the tables, in its place and of its type. */
export const checkSpan = (span: Span): void => {
  check(span.attributes, span.kind === 'client' ? ['client', 'both'] : ['server', 'both']);
  check(span.resource, ['resource']);
};
