import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chooseEndpoints } from '../../src/config/endpoints.ts';
import type { KubeletEndpoints } from '../../src/config/kubelet.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { chooseSource } from '../../src/config/source.ts';
import { temporaryFolder } from '../support/folder.ts';

const resolved = (flags: Readonly<Record<string, string>> = {}) =>
  resolveConfig({ flags, env: { CRI_CONFIG_FILE: '/nonexistent' }, file: null });

const kubelet = (said: Partial<KubeletEndpoints> = {}): KubeletEndpoints => ({
  pid: 40,
  root: '',
  runtime: null,
  image: null,
  ...said,
});

const containerd = '/run/containerd/containerd.sock';
const crio = '/run/crio/crio.sock';

const choose = (
  exist: readonly string[],
  asked: KubeletEndpoints | null = null,
  flags: Readonly<Record<string, string>> = {},
) => {
  const found = chooseEndpoints(resolved(flags).config, {
    kubelet: asked,
    exists: (path) => exist.includes(path),
  });
  return found === null ? null : [found.from, found.runtime, found.image, ...found.others];
};

test('a configured socket is watched and nothing else', () => {
  const flags = { 'runtime-endpoint': '/a.sock' };
  assert.deepEqual(choose([containerd], kubelet({ runtime: crio }), flags), [
    'configuration',
    '/a.sock',
    null,
  ]);
  assert.deepEqual(choose([], null, { ...flags, 'image-endpoint': '/i.sock' }), [
    'configuration',
    '/a.sock',
    '/i.sock',
  ]);
  assert.deepEqual(choose([], null, { ...flags, 'image-endpoint': '/a.sock' }), [
    'configuration',
    '/a.sock',
    null,
  ]);
});

test('what the kubelet names comes first, there or not, then all usual ones that exist', () => {
  assert.equal(choose([]), null);
  assert.deepEqual(choose([crio, containerd]), ['usual', containerd, null, crio]);
  assert.deepEqual(choose([containerd], kubelet({ runtime: '/run/own.sock' })), [
    'kubelet',
    '/run/own.sock',
    null,
    containerd,
  ]);
  assert.deepEqual(choose([containerd], kubelet({ runtime: containerd, image: '/run/i.sock' })), [
    'kubelet',
    containerd,
    '/run/i.sock',
  ]);
  assert.deepEqual(choose([containerd, crio], kubelet({ runtime: containerd, image: crio })), [
    'kubelet',
    containerd,
    crio,
  ]);
});

test('the sockets of a machine that is seen from a container have its root before them', () => {
  const root = '/proc/1/root';
  assert.deepEqual(choose([`${root}${crio}`], kubelet({ root })), ['usual', `${root}${crio}`, null]);
  assert.deepEqual(choose([], kubelet({ root, runtime: '/run/c.sock' })), [
    'kubelet',
    `${root}/run/c.sock`,
    null,
  ]);
});

test('one socket under two names is watched once', async (t) => {
  const folder = await temporaryFolder(t);
  mkdirSync(join(folder, 'run'));
  symlinkSync(join(folder, 'run'), join(folder, 'var'));
  const [real, other] = [join(folder, 'run/r.sock'), join(folder, 'var/r.sock')];
  assert.deepEqual(choose([], kubelet({ runtime: other, image: real })), ['kubelet', other, null]);
});

test("critrace's own socket is nobody's runtime", () => {
  const listen = '/run/critrace/runtime.sock';
  assert.deepEqual(choose([crio], kubelet({ runtime: listen })), ['usual', crio, null]);
  assert.equal(choose([], kubelet({ runtime: listen })), null);
});

test('auto is the tap, except where the socket of the proxy is asked for or in use', () => {
  const cases: readonly [
    flags: Readonly<Record<string, string>>,
    KubeletEndpoints | null,
    mode: string,
    why: RegExp | null,
  ][] = [
    [{}, null, 'tap', null],
    [{}, kubelet({ runtime: containerd }), 'tap', null],
    [{ listen: '/l.sock' }, null, 'proxy', /listen is set by --listen/],
    [{ 'image-listen': '/l.sock' }, null, 'proxy', /image-listen is set by/],
    [{}, kubelet({ runtime: '/run/critrace/runtime.sock' }), 'proxy', /the kubelet \(pid 40\) is pointed at/],
    [{}, kubelet({ image: '/run/critrace/image.sock' }), 'proxy', /the kubelet/],
    [{ source: 'tap', listen: '/l.sock' }, null, 'tap', null],
    [{ source: 'proxy' }, null, 'proxy', null],
  ];
  for (const [flags, asked, mode, why] of cases) {
    const chosen = chooseSource(resolved(flags), asked);
    assert.equal(chosen.mode, mode);
    if (why === null) assert.equal(chosen.why, null);
    else assert.match(chosen.why ?? '', why);
  }
});
