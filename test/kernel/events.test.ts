import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventConstants, eventLayouts } from '../../src/kernel/event-layouts.ts';
import { readRecords, recordConstants, recordLayouts } from '../../src/kernel/events.ts';
import { pathBytes, planLayout } from '../../src/kernel/native-tap.ts';
import { kernelParts, partBits, programLayout, programStates } from '../../src/kernel/program.ts';
import { temporaryFolder } from '../source/proxy/stage.ts';

const include = fileURLToPath(new URL('../../native/include', import.meta.url));

const prefixed = (prefix: string, values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));

/** TypeScript's word for a field, and C's. */
const fieldsOf = (layout: Readonly<Record<string, number>>): string[] =>
  Object.keys(layout).filter((field) => field !== 'size');

const others = { ...eventLayouts, tap_plan: planLayout, program: programLayout };

const constants = {
  ...recordConstants,
  ...eventConstants,
  ...prefixed('PART_', Object.fromEntries(kernelParts.map((part) => [part.toUpperCase(), partBits[part]]))),
  ...prefixed('PROGRAM_', programStates),
};

describe('the records of the kernel', () => {
  it('have their fields where the C compiler puts them, and all of them', (context) => {
    const folder = temporaryFolder((clean) => context.after(clean));
    const lines = Object.entries({ ...recordLayouts, ...others }).flatMap(([name, layout]) => [
      `printf("${name}.size %zu\\n", sizeof(struct critrace_${name}));`,
      ...fieldsOf(layout).map(
        (field) =>
          `printf("${name}.${field} %zu\\n", offsetof(struct critrace_${name}, ${field === 'size_of' ? 'size' : field}));`,
      ),
    ]);
    const values = Object.keys(constants).map((name) => `printf("${name} %d\\n", CRITRACE_${name});`);
    const source = join(folder, 'layout.c');
    const program = join(folder, 'layout');
    writeFileSync(
      source,
      `#include "critrace.h"\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n` +
        `${[...lines, ...values].join('\n')}\nprintf("paths %zu\\n", sizeof(((struct critrace_tap_plan *)0)->paths[0]));\n}\n`,
    );
    execFileSync('cc', ['-Wall', '-Werror', `-I${include}`, '-o', program, source]);
    const asked = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
    const ours = [
      ...Object.entries({ ...recordLayouts, ...others }).flatMap(([name, layout]) => [
        `${name}.size ${layout.size}`,
        ...Object.entries(layout)
          .filter(([field]) => field !== 'size')
          .map(([field, at]) => `${name}.${field} ${at}`),
      ]),
      ...Object.entries(constants).map(([name, value]) => `${name} ${value}`),
      `paths ${pathBytes}`,
    ];
    assert.deepEqual(ours, asked);
  });

  it('end where a length makes no sense, and leave out what is not known', () => {
    const unknown = Buffer.alloc(16);
    unknown.writeUInt32LE(16, 0);
    unknown.writeUInt32LE(99, 4);
    const endpoint = Buffer.alloc(recordLayouts.endpoint.size);
    endpoint.writeUInt32LE(endpoint.length, 0);
    endpoint.writeUInt32LE(recordConstants.RECORD_ENDPOINT, 4);
    endpoint.writeUInt32LE(3, recordLayouts.endpoint.endpoint);
    endpoint.writeUInt32LE(1, recordLayouts.endpoint.watched);
    const known = { kind: 'endpoint', endpoint: 3, watched: true };
    assert.deepEqual(readRecords(Buffer.concat([unknown, endpoint])), [known]);
    for (const length of [0, 7, 17, 0xffff_ffff]) {
      const wrong = Buffer.from(unknown);
      wrong.writeUInt32LE(length, 0);
      assert.deepEqual(readRecords(Buffer.concat([endpoint, wrong])), [known], `length ${length}`);
    }
  });

  it('of data never reach beyond their record', () => {
    const layout = recordLayouts.data;
    const data = Buffer.alloc(layout.size + 8);
    data.writeUInt32LE(data.length, 0);
    data.writeUInt32LE(recordConstants.RECORD_DATA, 4);
    for (const [length, taken] of [
      [0, true],
      [8, true],
      [9, false],
      [0xffff_ffff, false],
    ] as const) {
      data.writeUInt32LE(length, layout.length);
      assert.equal(readRecords(Buffer.concat([data, data])).length, taken ? 2 : 0, `${length} bytes`);
    }
  });
});
