import assert from 'node:assert/strict';
import { mkdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { proxyFor, runtimeAt, temporaryFolder } from './stage.ts';

test('a socket is made ready inside its own folder, which may be a mount of its own', async (t) => {
  const folder = temporaryFolder((clean) => t.after(clean));
  const server = await runtimeAt(join(folder, 'r.sock'), (socket) => socket.end());
  t.after(() => server.kill());
  mkdirSync(join(folder, 'own'));
  const changed = new Set<string>();
  const watcher = watch(folder);
  t.after(() => watcher.close());
  const seenAll = new Promise<void>((resolve) => {
    watcher.on('change', (_, name) => {
      changed.add(String(name));
      if (name === 'after') resolve();
    });
  });
  const routes = [{ listen: join(folder, 'own', 'p.sock'), runtime: join(folder, 'r.sock') }];
  await proxyFor(folder, (clean) => t.after(clean), { routes });
  writeFileSync(join(folder, 'after'), '');
  await seenAll;
  changed.delete('own');
  assert.deepEqual([...changed], ['after']);
});
