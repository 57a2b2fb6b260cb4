import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseSocketAddress } from './value-types.ts';
import { parseYamlSettings } from './yaml-file.ts';

/** Where a running kubelet says that its runtime is. */
export interface KubeletEndpoints {
  readonly pid: number;
  /** What leads to its files from here: empty where it sees the same ones. */
  readonly root: string;
  /** Paths as the kubelet names them. Null: it says nothing, or nothing that is a unix socket. */
  readonly runtime: string | null;
  readonly image: string | null;
}

interface Said {
  readonly runtime: string | null;
  readonly image: string | null;
}

/** A `kubelet.conf.d` has a handful. */
const maxDropIns = 64;

/** A relative path would be the kubelet's folder's; one of another machine's kind is of no use here. */
const socketOfAddress = (address: string): string | null => {
  const parsed = parseSocketAddress(address);
  return 'path' in parsed && /^(unix:|\/)/.test(address) ? parsed.path : null;
};

/** The last value of a flag: `--name=value` or `--name value`. */
const flagOf = (args: readonly string[], name: string): string | null => {
  let found: string | null = null;
  for (const [index, arg] of args.entries()) {
    if (arg.startsWith(`--${name}=`)) found = arg.slice(name.length + 3);
    else if (arg === `--${name}`) found = args[index + 1] ?? null;
  }
  return found === '' ? null : found;
};

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const read = <T>(work: () => T): T | null => {
  try {
    return work();
  } catch {
    return null;
  }
};

/** KubeletConfiguration in YAML or JSON, which YAML includes. What cannot be read says nothing. */
const saidByFile = (file: string): Said => {
  const entries = read(() => parseYamlSettings(readFileSync(file, 'utf8'), file));
  return {
    runtime: textOf(entries?.get('containerRuntimeEndpoint')?.value),
    image: textOf(entries?.get('imageServiceEndpoint')?.value),
  };
};

/** `--config-dir`: files that end in .conf, in the order of their names, the last one counts. */
const dropInsOf = (folder: string): string[] =>
  (read(() => readdirSync(folder)) ?? [])
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .slice(0, maxDropIns)
    .map((name) => join(folder, name));

const first = (...values: readonly (string | null)[]): string | null =>
  values.find((value) => value !== null) ?? null;

/** The files that a kubelet was given, the one that counts most first. */
const filesOf = (args: readonly string[], root: string, folder: string): string[] => {
  const at = (path: string): string => `${root}${resolve(folder, path)}`;
  const [file, dropIns] = [flagOf(args, 'config'), flagOf(args, 'config-dir')];
  return [
    ...(dropIns === null ? [] : dropInsOf(at(dropIns)).reverse()),
    ...(file === null ? [] : [at(file)]),
  ];
};

/** Flags beat drop-ins, drop-ins beat the file, as the kubelet itself has it. */
export const endpointsOfCommand = (args: readonly string[], root: string, folder: string): Said => {
  const said = filesOf(args, root, folder).map(saidByFile);
  const runtime = first(flagOf(args, 'container-runtime-endpoint'), ...said.map((one) => one.runtime));
  const image = first(flagOf(args, 'image-service-endpoint'), ...said.map((one) => one.image));
  return {
    runtime: runtime === null ? null : socketOfAddress(runtime),
    image: image === null ? null : socketOfAddress(image),
  };
};

/**
 * What leads from here to the files that a process sees: empty in the same mount namespace. The first process of the
 * machine outlives a kubelet, so its view is preferred where both are the same.
 */
const rootOf = (proc: string, pid: number): string => {
  const namespaceOf = (process: string): string | null =>
    read(() => readlinkSync(`${proc}/${process}/ns/mnt`));
  const namespace = namespaceOf(String(pid));
  if (namespace === null || namespace === namespaceOf('self')) return '';
  return `${proc}/${namespace === namespaceOf('1') ? 1 : pid}/root`;
};

export interface KubeletTracing {
  /** Null: no file of it could be read. */
  readonly on: boolean | null;
  readonly endpoint: string | null;
  readonly samplingRatePerMillion: number | null;
  /** The file that says so. */
  readonly file: string | null;
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** `tracing:` of KubeletConfiguration: without it a kubelet makes no spans and sends no `traceparent`. */
export const kubeletTracing = ({ pid, root }: KubeletEndpoints, proc = '/proc'): KubeletTracing => {
  const args = (read(() => readFileSync(`${proc}/${pid}/cmdline`, 'utf8')) ?? '').split('\0').slice(1);
  const folder = read(() => readlinkSync(`${proc}/${pid}/cwd`)) ?? '/';
  let seen: string | null = null;
  for (const file of filesOf(args, root, folder)) {
    const entries = read(() => parseYamlSettings(readFileSync(file, 'utf8'), file));
    if (entries === null) continue;
    seen ??= file.slice(root.length);
    const tracing = entries.get('tracing')?.value;
    if (tracing === undefined) continue;
    const rate = field(tracing, 'samplingRatePerMillion');
    return {
      on: true,
      endpoint: textOf(field(tracing, 'endpoint')) ?? 'localhost:4317',
      samplingRatePerMillion: typeof rate === 'number' ? rate : 0,
      file: file.slice(root.length),
    };
  }
  return { on: seen === null ? null : false, endpoint: null, samplingRatePerMillion: null, file: seen };
};

/** The kubelet of this machine, if one runs and can be seen from here. */
export const findKubelet = (proc = '/proc'): KubeletEndpoints | null => {
  const pids = (read(() => readdirSync(proc)) ?? []).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  for (const pid of pids.sort((a, b) => a - b)) {
    const [program = '', ...args] = (read(() => readFileSync(`${proc}/${pid}/cmdline`, 'utf8')) ?? '').split(
      '\0',
    );
    // `hyperkube kubelet` and the like name it second.
    if (basename(program) !== 'kubelet' && args[0] !== 'kubelet') continue;
    const root = rootOf(proc, pid);
    const folder = read(() => readlinkSync(`${proc}/${pid}/cwd`)) ?? '/';
    return { pid, root, ...endpointsOfCommand(args, root, folder) };
  }
  return null;
};
