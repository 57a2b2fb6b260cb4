import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { characterDevice, directory, type Entry, initramfs, program } from './initramfs.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const project = fileURLToPath(new URL('../../..', import.meta.url));
const library = join(project, 'native/build/libcritrace-tap.so');

/** A kernel that .ci/kernels has brought, by its line of releases. */
export const kernelImage = (line: string): string => join(project, '.cache/kernels', line, 'vmlinuz');

/** The program of driver.h, which finds the library beside itself. */
export const buildDriver = (folder: string): string => {
  const driver = join(folder, 'driver');
  const sources = ['driver.c', 'server.c', 'traffic.c', 'family.c', 'node.c'].map((name) => join(here, name));
  execFileSync('cc', [
    ...['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE'],
    ...[`-I${join(project, 'native/include')}`, '-o', driver, ...sources],
    ...['-L', dirname(library), '-lcritrace-tap', `-Wl,-rpath,${dirname(library)}:/lib`],
  ]);
  return driver;
};

/** The driver as the first process, with the shared libraries that it needs, each where it is here. */
export const initramfsOf = (driver: string, folder: string): string => {
  const libraries = [
    ...new Set(execFileSync('ldd', [driver], { encoding: 'utf8' }).match(/\/\S+\.so\S*/g) ?? []),
  ].map((path) => ({
    from: path,
    to: path === library ? 'lib/libcritrace-tap.so' : path.slice(1),
  }));
  const folders = new Set(['dev', 'proc', 'sys', 'tmp']);
  for (const { to } of libraries)
    for (let at = to.indexOf('/'); at >= 0; at = to.indexOf('/', at + 1)) folders.add(to.slice(0, at));
  const entries: Entry[] = [
    ...[...folders].sort().map((path) => ({ path, mode: directory })),
    { path: 'dev/console', mode: characterDevice, device: [5, 1] },
    { path: 'init', mode: program, bytes: readFileSync(driver) },
    ...libraries.map(({ from, to }) => ({ path: to, mode: program, bytes: readFileSync(from) })),
  ];
  const file = join(folder, 'initramfs');
  writeFileSync(file, initramfs(entries));
  return file;
};

/** Twenty seconds when the machine is idle; several times that when it is not. */
const bootMs = 180_000;

/** What the driver printed on that kernel; null when it did not come to its end in time. */
const boot = async (kernel: string, files: string): Promise<{ said: string; ended: boolean }> => {
  const machine = spawn(
    'qemu-system-x86_64',
    [
      // Without cmpxchg16b: QEMU 7.2 spoils the flags when it emulates it, and 6.12 dies of that.
      ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max,cx16=off', '-m', '768', '-smp', '2'],
      ...['-nodefaults', '-no-reboot', '-display', 'none', '-serial', 'stdio', '-net', 'none'],
      ...['-kernel', kernel, '-initrd', files, '-append', 'console=ttyS0 quiet loglevel=3 panic=-1'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const out: Buffer[] = [];
  for (const stream of [machine.stdout, machine.stderr])
    stream.on('data', (bytes: Buffer) => out.push(bytes));
  const tooLong = setTimeout(() => machine.kill('SIGKILL'), bootMs);
  try {
    await once(machine, 'close');
  } finally {
    clearTimeout(tooLong);
    machine.kill('SIGKILL');
  }
  const said = Buffer.concat(out).toString().replaceAll('\r', '');
  return { said, ended: /^done \d+$/m.test(said) };
};

/** Once more where it hung: emulated processors do, now and then. Throws with what was said when it hangs again. */
export const runOn = async (kernel: string, files: string, note: (text: string) => void): Promise<string> => {
  const first = await boot(kernel, files);
  if (first.ended) return first.said;
  note(
    `the virtual machine did not come to its end within ${bootMs / 1000} s, trying once more:\n${first.said}`,
  );
  const second = await boot(kernel, files);
  if (second.ended) return second.said;
  throw new Error(
    `twice the virtual machine did not come to its end within ${bootMs / 1000} s:\n${second.said}`,
  );
};
