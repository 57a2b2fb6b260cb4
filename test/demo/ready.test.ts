import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { seededRandom } from '../../src/demo/random.ts';
import { imageKnown, readiness } from '../../src/demo/ready.ts';
import { notInitialized } from '../../src/demo/runtime.ts';
import { createRuntimeState, imageOf } from '../../src/demo/runtime-state.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { aRuntime } from '../support/a-runtime.ts';
import { temporaryFolder } from '../support/folder.ts';

test('a runtime is ready, not yet, or serves no CRI', async (t) => {
  const clock = systemClock();
  const serving = await aRuntime(t);
  const starting = await aRuntime(t, { fault: () => ({ end: notInitialized }) });
  const without = await aRuntime(t, { services: [] });
  const absent = join(await temporaryFolder(t), 'nobody.sock');
  assert.equal(await readiness(serving.socket, clock), 'ready');
  assert.equal(await readiness(starting.socket, clock), 'not-yet');
  assert.equal(await readiness(absent, clock), 'not-yet');
  assert.equal(await readiness(without.socket, clock), 'not-served');
});

test('an image is waited for until the runtime knows it, or the wait is given up', async (t) => {
  const state = createRuntimeState([], seededRandom(1));
  const image = { name: 'example.local/web:1', id: `sha256:${'a'.repeat(64)}`, size: 1 };
  let asked = 0;
  const { socket } = await aRuntime(t, {
    state,
    fault() {
      if (++asked === 3) state.images.set(image.name, image);
      return null;
    },
  });
  await imageKnown(socket, image.name, systemClock(), new AbortController().signal);
  assert.equal(asked, 3);
  assert.deepEqual(imageOf(state, image.id), image);
  await assert.rejects(imageKnown(socket, 'other', systemClock(), AbortSignal.abort()), {
    name: 'AbortError',
  });
});
