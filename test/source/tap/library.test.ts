import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadNative, type NativeLibrary } from '../../../src/kernel/native.ts';
import { defaultTapLimits } from '../../../src/source/tap/limits.ts';
import { temporaryFolder } from '../proxy/stage.ts';
import { familyRuntime, watchFamily } from './family-stage.ts';
import { nativeLibrary, socketPath } from './stage.ts';

const built = (name: string): string =>
  fileURLToPath(new URL(`../../../native/build/${name}`, import.meta.url));

test('the library may be loaded twice: the same one has one tap, a copy of it another', async (t) => {
  const path = socketPath(t);
  const runtime = await familyRuntime(t, path);
  const first = watchFamily(t, path, ['process']);
  const same = watchRefused(nativeLibrary(), path);
  assert.match(same, /has a tap already/);

  const folder = temporaryFolder((clean) => t.after(clean));
  for (const name of ['libcritrace.so', 'libcritrace-tap.so']) copyFileSync(built(name), join(folder, name));
  const copy = loadNative(join(folder, 'libcritrace.so'));
  if (!copy.loaded) assert.fail(copy.why);
  const second = watchFamily(t, path, ['process'], {}, { native: copy.library });
  const { pid } = await runtime.run('true');
  const [one, other] = await Promise.all([first.exitOf(pid), second.exitOf(pid)]);
  assert.deepEqual(one, other);
  await second.tap.close();
  const again = await runtime.run('true');
  await first.exitOf(again.pid);
});

const watchRefused = (native: NativeLibrary, path: string): string => {
  const opened = native.openTap({ endpoints: [path], parts: [], ...defaultTapLimits });
  assert.ok(!opened.opened);
  return opened.why;
};

test('programs say what became of them: not wanted, attached, or refused with a reason and a remedy', (t) => {
  const path = socketPath(t);
  const { tap } = watchFamily(t, path, ['disk']);
  for (const program of tap.programs) {
    const { name, state, reason, remedy, part, replaced } = program;
    assert.ok(part !== null, name);
    if (state === 'refused') assert.ok(reason !== null && remedy !== null, name);
    if (state === 'attached') assert.deepEqual([reason, remedy, replaced], [null, null, false], name);
    if (!['disk', 'bytes', 'family', 'writes', 'connects'].includes(part))
      assert.equal(state, 'not_wanted', name);
  }
  assert.equal(
    tap.programs.filter((each) => each.part === 'connects' && each.state === 'attached').length,
    1,
  );
  const syncs = tap.programs.filter(({ name, part }) => part === 'disk' && name.startsWith('sync_'));
  assert.ok(syncs.some(({ state }) => state === 'attached'));
  assert.ok(syncs.every(({ state, replaced }) => state === 'attached' || replaced));
});
