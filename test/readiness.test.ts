import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReadiness, isReady, readinessText } from '../src/readiness.ts';

test('ready when every part says so, and not before any has', () => {
  const readiness = createReadiness();
  assert.equal(isReady(readiness), false);
  readiness.set('observer', null);
  readiness.set('/run/a.sock', 'cannot be reached (ENOENT)');
  assert.equal(isReady(readiness), false);
  assert.equal(
    readinessText(readiness),
    '[+] observer\n[-] /run/a.sock: cannot be reached (ENOENT)\nnot ready\n',
  );
  readiness.set('/run/a.sock', null);
  assert.equal(isReady(readiness), true);
  assert.equal(readinessText(readiness), '[+] observer\n[+] /run/a.sock\nready\n');
});
