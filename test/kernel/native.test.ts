import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadNative, type NativeLibrary, peerLayout } from '../../src/kernel/native.ts';
import { nativeAbiVersion, type TapPlan } from '../../src/kernel/native-tap.ts';

const library = (): NativeLibrary => {
  const native = loadNative();
  if (!native.loaded) assert.fail(`${native.why}; ${native.remedy}`);
  return native.library;
};

/** Node has no name for the file descriptor of a socket. */
const descriptorOf = (socket: Socket): number => {
  const handle: unknown = Reflect.get(socket, '_handle');
  assert.ok(typeof handle === 'object' && handle !== null && 'fd' in handle && typeof handle.fd === 'number');
  return handle.fd;
};

describe('native library', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'critrace-native-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('has the ABI version that this file was written for', () => {
    assert.equal(library().abiVersion, nativeAbiVersion);
  });

  /** Both ends of a connection to `server`. */
  const pairOf = async (server: Server, options: { path: string } | { port: number; host: string }) => {
    const accepted = once(server, 'connection');
    const client = connect(options);
    const [socket] = await accepted;
    return { client, server: socket as Socket };
  };

  it('knows who connected to a unix socket', async () => {
    const path = join(folder, 'peer.sock');
    const server = createServer().listen(path);
    await once(server, 'listening');
    const pair = await pairOf(server, { path });
    const own = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() };
    assert.deepEqual(library().peerCredentials(descriptorOf(pair.server)), own);
    assert.deepEqual(library().peerCredentials(descriptorOf(pair.client)), own);
    pair.client.destroy();
    pair.server.destroy();
    server.close();
  });

  it('answers null where there is no unix peer', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const pair = await pairOf(server, { port: address.port, host: '127.0.0.1' });
    for (const fd of [-1, 1_000_000, descriptorOf(pair.server)]) {
      assert.equal(library().peerCredentials(fd), null, `fd ${fd}`);
    }
    pair.client.destroy();
    pair.server.destroy();
    server.close();
  });

  it('says why and what to do when the library is missing', () => {
    const native = loadNative(join(folder, 'absent.so'));
    assert.ok(!native.loaded);
    assert.match(native.why, /absent\.so/);
    assert.match(native.remedy, /make -C native/);
  });

  const include = fileURLToPath(new URL('../../native/include', import.meta.url));
  const compile = (source: string, output: string, ...options: string[]): string => {
    const file = join(folder, `${output}.c`);
    writeFileSync(file, source);
    const path = join(folder, output);
    execFileSync('cc', ['-Wall', '-Werror', `-I${include}`, ...options, '-o', path, file]);
    return path;
  };

  it('refuses a library of another ABI version', () => {
    const path = compile(
      '#include "critrace.h"\nint32_t critrace_abi_version(void) { return CRITRACE_ABI_VERSION + 1; }\n',
      'newer.so',
      '-shared',
      '-fPIC',
    );
    const native = loadNative(path);
    assert.ok(!native.loaded);
    assert.match(native.why, new RegExp(`ABI version ${nativeAbiVersion + 1}`));
  });

  const plan: TapPlan = {
    endpoints: ['/tmp/never.sock'],
    ringBytes: 4096,
    eventRingBytes: 4096,
    asideBytes: 0,
    maxConnections: 1,
    maxProcesses: 1,
    parts: [],
    bufferBytes: 65_536,
  };

  /** A library of ours in a folder of its own, and beside it whatever there may be of the tap. */
  const alone = (name: string): string => {
    const path = join(folder, `${name}.so`);
    copyFileSync(fileURLToPath(new URL('../../native/build/libcritrace.so', import.meta.url)), path);
    return path;
  };

  it('knows callers where the tap’s half is not there or finds no libbpf, and says so of the tap', () => {
    compile('void absent(void) {}\n', 'libabsent.so.1', '-shared', '-fPIC', '-Wl,-soname,libabsent.so.1');
    compile(
      'void absent(void);\nvoid critrace_tap_open(void) { absent(); }\n',
      'unlinked-tap.so',
      '-shared',
      '-fPIC',
      '-Wl,--no-as-needed',
      join(folder, 'libabsent.so.1'),
    );
    rmSync(join(folder, 'libabsent.so.1'));
    const cases = [
      ['bare', /bare-tap\.so is not there: clang or libbpf-dev was missing.*make -C native/],
      ['unlinked', /libabsent\.so\.1.*libbpf1/],
    ] as const;
    for (const [name, why] of cases) {
      const native = loadNative(alone(name));
      if (!native.loaded) assert.fail(native.why);
      assert.equal(native.library.peerCredentials(-1), null);
      const opened = native.library.openTap(plan);
      assert.ok(!opened.opened);
      assert.match(opened.why, why);
    }
  });

  it('reads struct critrace_peer where the C compiler puts it', () => {
    const fields = ['pid', 'uid', 'gid'];
    const offsets = fields.map((field) => `offsetof(struct critrace_peer, ${field})`);
    const program = compile(
      '#include "critrace.h"\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n' +
        `printf("[%zu,%zu,%zu,%zu]", ${offsets.join(', ')}, sizeof(struct critrace_peer));\n}\n`,
      'layout',
    );
    const { pid, uid, gid, size } = peerLayout;
    assert.deepEqual([pid, uid, gid, size], JSON.parse(execFileSync(program, { encoding: 'utf8' })));
  });
});
