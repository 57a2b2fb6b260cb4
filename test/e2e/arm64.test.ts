import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { eventLayouts } from '../../src/kernel/event-layouts.ts';
import { recordLayouts } from '../../src/kernel/events.ts';
import { planLayout } from '../../src/kernel/native-tap.ts';
import { programLayout } from '../../src/kernel/program.ts';
import { temporaryFolder } from '../support/folder.ts';

const native = fileURLToPath(new URL('../../native', import.meta.url));
/** What the tap is linked with there, brought by .ci/arm64. */
const root = fileURLToPath(new URL('../../.cache/arm64', import.meta.url));
const compiler = 'aarch64-linux-gnu-gcc';

/** ELF: e_machine of AArch64. */
const aarch64 = 183;

const exported = (library: string): string[] =>
  execFileSync('aarch64-linux-gnu-nm', ['-D', '--defined-only', '--format=posix', library], {
    encoding: 'utf8',
  })
    .split('\n')
    .flatMap((line) => line.split(' ', 1))
    .filter((name) => name !== '')
    .sort();

test('the native part builds for arm64: both libraries, with the same programs for the kernel inside', async (t) => {
  const out = await temporaryFolder(t);
  const [libraries, others] = [join(root, 'usr/lib/aarch64-linux-gnu'), join(root, 'lib/aarch64-linux-gnu')];
  execFileSync(
    'make',
    [
      ...['--no-print-directory', '-C', native, `OUT=${out}`, `CC=${compiler}`, 'TAP=yes'],
      `CPPFLAGS=-isystem ${join(root, 'usr/include')}`,
      `LDFLAGS=-L${libraries} -Wl,-rpath-link,${libraries}:${others}`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  for (const library of ['libcritrace.so', 'libcritrace-tap.so']) {
    const built = join(out, library);
    assert.equal(readFileSync(built).readUInt16LE(18), aarch64);
    assert.deepEqual(exported(built), exported(join(native, 'build', library)));
    assert.ok(exported(built).length > 0);
  }
  const objects = readdirSync(join(native, 'bpf')).flatMap((name) => /^(\w+)\.bpf\.c$/.exec(name)?.[1] ?? []);
  assert.ok(objects.length > 10);
  for (const object of objects)
    assert.ok(
      readFileSync(join(out, 'bpf', `${object}.o`)).equals(
        readFileSync(join(native, 'build/bpf', `${object}.o`)),
      ),
      `${object} is another program on arm64`,
    );
});

test('the records have the same layout on arm64', async (t) => {
  const folder = await temporaryFolder(t);
  const source = join(folder, 'layout.c');
  const layouts = { ...recordLayouts, ...eventLayouts, tap_plan: planLayout, program: programLayout };
  const claims = Object.entries(layouts).flatMap(([name, layout]) =>
    Object.entries(layout).map(([field, at]) =>
      field === 'size'
        ? `_Static_assert(sizeof(struct critrace_${name}) == ${at}, "size of ${name}");`
        : `_Static_assert(offsetof(struct critrace_${name}, ${field === 'size_of' ? 'size' : field}) == ${at}, "${name}.${field}");`,
    ),
  );
  assert.ok(claims.length > 100);
  writeFileSync(source, `#include "critrace.h"\n#include <stddef.h>\n${claims.join('\n')}\n`);
  execFileSync(compiler, ['-c', `-I${join(native, 'include')}`, '-o', join(folder, 'layout.o'), source]);
});
