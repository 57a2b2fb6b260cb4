import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Manifest } from './kubernetes.ts';
import { until } from './until.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
/** Where an image has the project, as deploy/image/Dockerfile puts it. */
const inImage = '/opt/critrace';
const nodeInImage = '/opt/node';

export interface ContainerPlan {
  readonly manifest: Manifest;
  /** What stands for each path of the host that the manifest mounts. */
  readonly host: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

export interface OciContainer {
  stderr(): string;
  says(pattern: RegExp): Promise<void>;
  /** SIGTERM, as the kubelet stops it. */
  stop(): Promise<number | null>;
}

const bind = (source: string, destination: string, readOnly: boolean) => ({
  destination,
  type: 'bind',
  source,
  options: ['rbind', readOnly ? 'ro' : 'rw', 'nosuid'],
});

/** Files of the machine that stand for those of the image: programs, libraries, the project as it is built. */
const imageMounts = () => [
  bind('/usr', '/usr', true),
  ...['/bin', '/sbin', '/lib', '/lib64']
    .filter((path) => existsSync(path))
    .map((path) => bind(path, path, true)),
  bind(project, inImage, true),
  bind(process.execPath, nodeInImage, true),
];

const systemMounts = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755'] },
  { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'ro'] },
];

/**
 * The manifest's container, run by runc with its rights, its mounts and its arguments, on the files of this machine. What a
 * kubelet would do besides (a network of its own, limits) is left out.
 */
export const runContainer = (test: TestContext, plan: ContainerPlan): OciContainer => {
  const { container, configMap, pod } = plan.manifest;
  const folder = mkdtempSync(join(tmpdir(), 'critrace-test-container-'));
  const settings = join(folder, 'config');
  mkdirSync(settings);
  for (const [name, text] of Object.entries(configMap.data)) writeFileSync(join(settings, name), text);
  const sourceOf = (name: string): string => {
    const volume = pod.volumes.find((one) => one.name === name);
    const path = volume?.hostPath?.path;
    const source = volume?.configMap === undefined ? plan.host[path ?? ''] : settings;
    if (source === undefined) throw new Error(`nothing stands for the volume ${name}`);
    return source;
  };
  const { securityContext } = container;
  const capabilities = securityContext.capabilities.add.map((name) => `CAP_${name}`);
  const rootfs = join(folder, 'rootfs');
  mkdirSync(rootfs);
  const mounts = [
    ...systemMounts,
    ...imageMounts(),
    ...container.volumeMounts.map(({ name, mountPath, readOnly }) =>
      bind(sourceOf(name), mountPath, readOnly === true),
    ),
  ];
  const environment = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    ...Object.fromEntries(
      container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
    ),
    ...plan.env,
  };
  const spec = {
    ociVersion: '1.0.2',
    process: {
      args: [nodeInImage, `${inImage}/dist/cli/main.js`, ...container.args],
      cwd: '/',
      env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      user: { uid: securityContext.runAsUser, gid: 0 },
      noNewPrivileges: !securityContext.allowPrivilegeEscalation,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    root: { path: rootfs, readonly: securityContext.readOnlyRootFilesystem },
    hostname: 'critrace-x7k2p',
    mounts,
    linux: {
      namespaces: [
        { type: 'mount' },
        { type: 'ipc' },
        { type: 'uts' },
        ...(pod.hostPID ? [] : [{ type: 'pid' }]),
      ],
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(spec));
  const id = `critrace-test-${process.pid}`;
  const runc = ['--root', join(folder, 'runc')];
  const child = spawn('runc', [...runc, 'run', '--bundle', folder, id], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => said.push(bytes));
  const closed = once(child, 'close');
  const stderr = (): string => Buffer.concat(said).toString();
  test.after(async () => {
    if (child.exitCode === null) execFileSync('runc', [...runc, 'kill', id, 'KILL']);
    await closed;
    rmSync(folder, { recursive: true });
  });
  return {
    stderr,
    says: (pattern) =>
      until(
        () => {
          if (child.exitCode !== null) throw new Error(`the container ended: ${stderr()}`);
          return pattern.test(stderr());
        },
        () => `the container to say ${pattern}: ${stderr()}`,
        40_000,
      ),
    async stop() {
      execFileSync('runc', [...runc, 'kill', id, 'TERM']);
      await closed;
      return child.exitCode;
    },
  };
};
