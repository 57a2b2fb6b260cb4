import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { SourceEvent } from '../../../src/source/event.ts';
import { eventually, runtimeAt } from '../proxy/stage.ts';
import { count, pythonScript, socketPath, tapOn, watchTap } from './stage.ts';

const run = promisify(execFile);

const generations = 12;
const callers = 4;
const callsEach = 60;

/**
 * Connections as short as can be, from several processes to several others, over a socket that is made anew again and
 * again. What passes on one is its name over and over, so that a byte out of place shows. Some callers leave without
 * an answer. Prints how often the kernel gave a socket an address that another had before, and a process a descriptor.
 */
const script = `
import random
def address(c):
    inode = str(os.fstat(c.fileno()).st_ino)
    for line in open('/proc/net/unix'):
        fields = line.split()
        if fields[6:7] == [inode]: return fields[0]
def serve(l):
    while True:
        try: c, _ = l.accept()
        except OSError: os._exit(0)
        with c:
            try:
                got = b''
                while piece := c.recv(700): got += piece
                c.sendall(b'answer ' + got)
            except OSError: pass
def call(l, generation, caller, pipe):
    l.close()
    random.seed(generation * 100 + caller)
    places = []
    for at in range(${callsEach}):
        c = socket.socket(socket.AF_UNIX); c.connect(s)
        if at % 10 == 0: places.append(f'{address(c)} {c.fileno()}')
        c.sendall(f'{generation}.{caller}.{at} '.encode() * random.randint(1, 300))
        if at % 7:
            c.shutdown(socket.SHUT_WR)
            while c.recv(random.randint(1, 2000)): pass
        c.close()
    os.write(pipe, ('\\n'.join(places) + '\\n').encode())
    os._exit(0)
def fork(does, *args):
    pid = os.fork()
    if pid == 0:
        try: does(*args)
        finally: os._exit(1)
    return pid
places = []
for generation in range(${generations}):
    if os.path.exists(s): os.unlink(s)
    l = socket.socket(socket.AF_UNIX); l.bind(s); l.listen(64)
    here, there = os.pipe()
    servers = [fork(serve, l) for _ in range(3)]
    for pid in [fork(call, l, generation, caller, there) for caller in range(${callers})]:
        assert os.waitpid(pid, 0)[1] == 0
    l.shutdown(socket.SHUT_RDWR); l.close()
    for pid in servers: os.waitpid(pid, 0)
    os.close(there)
    places += open(here).read().split('\\n')[:-1]
addresses, descriptors = zip(*(place.split() for place in places))
print(len(places) - len(set(addresses)), len(places) - len(set(descriptors)))
`;

const saidIn = (events: readonly SourceEvent[]): Map<number, { request: string; response: string }> => {
  const said = new Map<number, { request: string; response: string }>();
  for (const event of events) {
    if (event.kind === 'open') said.set(event.connection, { request: '', response: '' });
    if (event.kind !== 'data') continue;
    const one = said.get(event.connection);
    assert.ok(one !== undefined, 'bytes before the opening');
    one[event.direction] += Buffer.from(event.bytes).toString('latin1');
  }
  return said;
};

test('where addresses and descriptors are used again at once, no byte is told of another connection', async (t) => {
  const path = socketPath(t);
  // Its place must be known before the first of many comes.
  const before = await runtimeAt(path, () => undefined);
  const tap = tapOn(t, path, { maxConnections: 16_384, ringBytes: 32 * 1024 * 1024 });
  const seen = watchTap(tap);
  await before.kill();
  const all = generations * callers * callsEach;
  const { stdout } = await run(...pythonScript(path, script));
  const [addresses = 0, descriptors = 0] = stdout.split(' ').map(Number);
  t.diagnostic(`${addresses} addresses and ${descriptors} descriptors used again`);
  assert.ok(addresses > 0 && descriptors > 0, stdout);
  await eventually(() => count(seen.events, 'close') === all, `${all} closes`);

  const names = new Set<string>();
  for (const { request, response } of saidIn(seen.events).values()) {
    const [name = ''] = request.split(' ', 1);
    assert.match(name, /^\d+\.\d+\.\d+$/);
    assert.ok(!names.has(name), `${name} is told of twice`);
    names.add(name);
    assert.equal(request, `${name} `.repeat(request.length / (name.length + 1)));
    const waits = Number(name.split('.')[2]) % 7 !== 0;
    if (waits) assert.equal(response, `answer ${request}`);
    else assert.equal(response, '');
  }
  assert.equal(names.size, all);
  const { lostBytes, strayRecords, unwatched } = tap.counters;
  assert.deepEqual({ lostBytes, strayRecords, unwatched }, { lostBytes: 0, strayRecords: 0, unwatched: 0 });
});
