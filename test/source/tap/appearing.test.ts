import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { SourceEvent } from '../../../src/source/event.ts';
import { defaultTapLimits } from '../../../src/source/tap/limits.ts';
import { eventually, observedBytes } from '../proxy/stage.ts';
import { count, pythonScript, socketPath, tapOn, watchTap } from './stage.ts';

const run = promisify(execFile);

const restarts = 50;

/**
 * A runtime that is started again and again, each time as another process, whose socket is made anew: with as many of the
 * folders above it as are said. Two clients connect as fast as they can, and say at once which runtime it is that they
 * have reached first. Nobody waits for an observer.
 */
const restarting = (folders: number): string => `
import shutil
def make():
    above = s
    for _ in range(${folders}): above = os.path.dirname(above)
    if ${folders} and os.path.exists(above): shutil.rmtree(above)
    if not ${folders} and os.path.exists(s): os.unlink(s)
    os.makedirs(os.path.dirname(s), exist_ok=True)
    l = socket.socket(socket.AF_UNIX); l.bind(s); l.listen(8)
    return l
def serve(generation):
    l = make()
    for _ in range(2):
        c, _ = l.accept()
        while got := c.recv(1000): c.sendall(b'%d ' % generation + got)
        c.close()
def call(name):
    for generation in range(${restarts}):
        while True:
            c = socket.socket(socket.AF_UNIX)
            try: c.connect(s); break
            except OSError: c.close()
        c.sendall(name + b' %d' % generation)
        c.shutdown(socket.SHUT_WR)
        answer = b''
        while got := c.recv(1000): answer += got
        assert answer == b'%d ' % generation + name + b' %d' % generation, answer
        c.close()
        done[name].wait(); done[name].clear()
        go[name].wait(); go[name].clear()
def starts():
    for generation in range(${restarts}):
        pid = os.fork()
        if pid == 0:
            serve(generation)
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        if not ${folders}: os.unlink(s)
        for name in names: done[name].set()
        for name in names: go[name].set()
names = [b'one', b'two']
done = {name: threading.Event() for name in names}
go = {name: threading.Event() for name in names}
threads = [threading.Thread(target=call, args=[name]) for name in names] + [threading.Thread(target=starts)]
for each in threads: each.start()
for each in threads: each.join()
`;

const said = (events: readonly SourceEvent[]): string[] =>
  events
    .flatMap((event) =>
      event.kind === 'open'
        ? [
            `${event.joined ? 'joined ' : ''}${observedBytes(events, event.connection, 'request')}: ${observedBytes(events, event.connection, 'response')}`,
          ]
        : [],
    )
    .sort();

const expected = ['one', 'two'].flatMap((name) =>
  Array.from({ length: restarts }, (_, at) => `${name} ${at}: ${at} ${name} ${at}`),
);

const firstBytesAreSeen = async (t: TestContext, path: string, folders: number): Promise<void> => {
  const tap = tapOn(t, path, { paceMs: defaultTapLimits.paceMs });
  const seen = watchTap(tap);
  await run(...pythonScript(path, restarting(folders)));
  await eventually(() => count(seen.events, 'close') === 2 * restarts, 'every connection closed');
  assert.deepEqual(said(seen.events), [...expected].sort());
  assert.equal(tap.counters.lostBytes, 0);
};

test('a runtime restarts 50 times under clients that connect at once: each connection is seen from its first byte', (t) =>
  firstBytesAreSeen(t, socketPath(t), 0));

test('so it is where the folder of its socket is made anew each time', (t) =>
  firstBytesAreSeen(t, join(dirname(socketPath(t)), 'run', 'r.sock'), 1));

test('and where the folder above it is, and nothing of it was there when the tap started', (t) =>
  firstBytesAreSeen(t, join(dirname(socketPath(t)), 'run', 'runtime', 'r.sock'), 2));
