import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findKubelet } from '../../src/config/kubelet.ts';
import { temporaryFolder } from '../support/folder.ts';

interface FakeProcess {
  readonly pid: number | 'self';
  readonly command?: readonly string[];
  readonly namespace?: string;
}

const fakeProc = (folder: string, processes: readonly FakeProcess[]): string => {
  const proc = join(folder, 'proc');
  for (const { pid, command = [], namespace = 'mnt:[1]' } of processes) {
    const own = join(proc, String(pid));
    mkdirSync(join(own, 'ns'), { recursive: true });
    symlinkSync(namespace, join(own, 'ns/mnt'));
    symlinkSync(folder, join(own, 'cwd'));
    symlinkSync('/', join(own, 'root'));
    writeFileSync(join(own, 'cmdline'), command.map((word) => `${word}\0`).join(''));
  }
  return proc;
};

const kubeletOf = (folder: string, ...args: string[]) =>
  findKubelet(
    fakeProc(folder, [
      { pid: 'self' },
      { pid: 1, command: ['init'] },
      { pid: 40, command: ['/usr/bin/kubelet', ...args] },
    ]),
  );

const files: Readonly<Record<string, string>> = {
  'config.yaml':
    'kind: KubeletConfiguration\ncontainerRuntimeEndpoint: unix:///run/crio/crio.sock\nimageServiceEndpoint: ""\n',
  'config.json':
    '{"containerRuntimeEndpoint":"unix:///run/json.sock","imageServiceEndpoint":"unix:///run/i.sock"}',
  'broken.yaml': 'containerRuntimeEndpoint: [',
  'conf.d/10-first.conf': 'containerRuntimeEndpoint: unix:///run/first.sock\n',
  'conf.d/20-last.conf': 'containerRuntimeEndpoint: unix:///run/last.sock\n',
  'conf.d/30-not.yaml': 'containerRuntimeEndpoint: unix:///run/not.sock\n',
};

const cases: readonly [args: readonly string[], runtime: string | null, image: string | null][] = [
  [[], null, null],
  [['--container-runtime-endpoint=unix:///run/a.sock'], '/run/a.sock', null],
  [
    ['--container-runtime-endpoint', 'unix:///run/a.sock', '--image-service-endpoint', '/run/b.sock'],
    '/run/a.sock',
    '/run/b.sock',
  ],
  [
    ['--container-runtime-endpoint=/run/a.sock', '--container-runtime-endpoint=/run/z.sock'],
    '/run/z.sock',
    null,
  ],
  [['--container-runtime-endpoint=unix:/run/a.sock'], '/run/a.sock', null],
  [['--container-runtime-endpoint=unix://run/a.sock'], null, null],
  [['--container-runtime-endpoint=tcp://x:1'], null, null],
  [['--container-runtime-endpoint=npipe:////./pipe/containerd'], null, null],
  [['--container-runtime-endpoint=remote'], null, null],
  [['--config=config.yaml'], '/run/crio/crio.sock', null],
  [['--config', 'config.json'], '/run/json.sock', '/run/i.sock'],
  [['--config=broken.yaml'], null, null],
  [['--config=absent.yaml'], null, null],
  [['--config=config.yaml', '--config-dir=conf.d'], '/run/last.sock', null],
  [['--config=config.yaml', '--container-runtime-endpoint=/run/a.sock'], '/run/a.sock', null],
];
for (const [args, runtime, image] of cases)
  test(`kubelet ${args.join(' ')}`, async (t) => {
    const folder = await temporaryFolder(t);
    mkdirSync(join(folder, 'conf.d'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    assert.deepEqual(kubeletOf(folder, ...args), { pid: 40, root: '', runtime, image });
  });

test('without a kubelet, and without processes to look at, nothing is found', async (t) => {
  const folder = await temporaryFolder(t);
  assert.equal(findKubelet(fakeProc(folder, [{ pid: 1, command: ['init'] }])), null);
  assert.equal(findKubelet(join(folder, 'nothing')), null);
});

test('the files of a kubelet that sees others are looked at by way of the first process, or of its own', async (t) => {
  const own = { pid: 'self', namespace: 'mnt:[9]' } as const;
  const kubelet = { pid: 40, command: ['hyperkube', 'kubelet'], namespace: 'mnt:[2]' };
  const near = await temporaryFolder(t);
  const first = fakeProc(near, [own, { pid: 1, namespace: 'mnt:[2]' }, kubelet]);
  assert.equal(findKubelet(first)?.root, `${first}/1/root`);
  const far = await temporaryFolder(t);
  const another = fakeProc(far, [own, { pid: 1 }, kubelet]);
  assert.equal(findKubelet(another)?.root, `${another}/40/root`);
});

const living = async (
  t: TestContext,
  command: string,
  args: readonly string[],
  argv0: string,
): Promise<number> => {
  const child = spawn(command, args, { argv0, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid ?? 0;
};

test('the configuration file of a living process in a mount namespace of its own is read as that process sees it', async (t) => {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'inside', 'config.yaml');
  mkdirSync(join(folder, 'inside'));
  const script = `mount -t tmpfs none ${folder}/inside
    echo 'containerRuntimeEndpoint: unix:///run/inside.sock' >${config}
    echo ready; read -r forever </dev/zero`;
  const pid = await living(
    t,
    'unshare',
    ['--mount', 'bash', '-c', `exec -a kubelet bash -c "${script}" --config=${config}`],
    'unshare',
  );
  // A view of /proc with nobody else's kubelet in it.
  const proc = join(folder, 'proc');
  mkdirSync(proc);
  for (const name of ['self', '1', String(pid)]) symlinkSync(`/proc/${name}`, join(proc, name));
  const found = findKubelet(proc);
  assert.deepEqual(found, { pid, root: `${proc}/${pid}/root`, runtime: '/run/inside.sock', image: null });
});
