import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import type { SourceEvent } from '../../../src/source/event.ts';
import type { TapLimits } from '../../../src/source/tap/limits.ts';
import { eventually, observedBytes, runtimeAt } from '../proxy/stage.ts';
import { count, pythonScript, socketPath, tapOn, watchTap } from './stage.ts';

const pieces = 96;
const pieceBytes = 256 * 1024;

/** Sends so many pieces there and back; each is its number over and over. Pauses as somebody does who has other work. */
const script = `
if os.path.exists(s): os.unlink(s)
l = socket.socket(socket.AF_UNIX); l.bind(s); l.listen()
c = socket.socket(socket.AF_UNIX); c.connect(s)
a, _ = l.accept()
def echo():
    while True:
        got = a.recv(65536)
        if not got: break
        a.sendall(got)
    a.close()
threading.Thread(target=echo).start()
for piece in range(${pieces}):
    sender = threading.Thread(target=lambda: c.sendall(bytes([piece]) * ${pieceBytes})); sender.start()
    left = ${pieceBytes}
    while left: left -= len(c.recv(65536))
    sender.join()
    time.sleep(0.004)
c.shutdown(socket.SHUT_WR)
while c.recv(10): pass
c.close()
`;

/** What is seen of the traffic while this process does nothing but wait for it to be over. */
const stalled = async (t: TestContext, limits: Partial<TapLimits>) => {
  const path = socketPath(t);
  // The socket is made again while nothing can be noticed: its place must be known before.
  const before = await runtimeAt(path, () => undefined);
  const tap = tapOn(t, path, limits);
  const seen = watchTap(tap);
  await before.kill();
  const { status, stderr } = spawnSync(...pythonScript(path, script), { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, stderr);
  await eventually(() => count(seen.events, 'close') === 1, 'the close of the connection');
  return { tap, events: seen.events };
};

test('what happens while the event loop stands still is set aside, and told in order when it goes on', async (t) => {
  const { tap, events } = await stalled(t, {});
  assert.equal(tap.counters.lostBytes, 0);
  for (const direction of ['request', 'response'] as const) {
    const bytes = observedBytes(events, 1, direction);
    assert.equal(bytes.length, pieces * pieceBytes);
    for (let piece = 0; piece < pieces; piece += 1)
      assert.ok(bytes.subarray(piece * pieceBytes, (piece + 1) * pieceBytes).every((byte) => byte === piece));
  }
});

/** Each byte's place by what was told before it, losses included. */
const placesAreRight = (events: readonly SourceEvent[], direction: 'request' | 'response'): void => {
  let at = 0;
  for (const event of events) {
    if (event.kind === 'gap' && event.direction === direction) at += event.length;
    if (event.kind !== 'data' || event.direction !== direction) continue;
    for (const byte of event.bytes) {
      assert.equal(byte, Math.floor(at / pieceBytes));
      at += 1;
    }
  }
  assert.equal(at, pieces * pieceBytes);
};

test('what is set aside has a bound, and what is above it is a loss of exact size', async (t) => {
  const { tap, events } = await stalled(t, { ringBytes: 1024 * 1024, asideBytes: 1024 * 1024 });
  assert.ok(tap.counters.lostBytes > 0);
  for (const direction of ['request', 'response'] as const) placesAreRight(events, direction);
});
