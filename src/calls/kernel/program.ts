import type { CniEnvironment } from '../../kernel/kernel-event.ts';

/** What a process is to the runtime, by what it executed. */
export type Program =
  /** The runtime itself. */
  | { readonly kind: 'runtime' }
  | { readonly kind: 'cni'; readonly command: string; readonly plugin: string; readonly folder: string }
  /** runc, crun, ...; null: its command is not known. */
  | { readonly kind: 'oci'; readonly runtime: string; readonly command: string | null }
  /** `start` and `delete` end; `serve` lives as long as its pod. */
  | { readonly kind: 'shim'; readonly action: 'start' | 'delete' | 'serve' }
  | { readonly kind: 'monitor' }
  /** The first program of a container, or the command of an exec. */
  | { readonly kind: 'container'; readonly name: string }
  | { readonly kind: 'other'; readonly name: string };

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Some installations have the version in the name. */
const runtimes = /^(?:containerd|crio|dockerd|cri-dockerd)(?:-\d[\w.-]*)?$/;
const ociRuntimes = /^(?:runc|crun|youki|runsc|kata-runtime)(?:[.-]|$)/;

/** The commands of runc and crun; what stands before them are flags and their values. */
const ociCommands: ReadonlySet<string> = new Set([
  'checkpoint',
  'create',
  'delete',
  'events',
  'exec',
  'features',
  'init',
  'kill',
  'list',
  'pause',
  'ps',
  'restore',
  'resume',
  'run',
  'start',
  'state',
  'update',
]);

const shimAction = (argv: readonly string[]): 'start' | 'delete' | 'serve' =>
  argv.includes('start') ? 'start' : argv.includes('delete') ? 'delete' : 'serve';

export interface Execution {
  readonly comm: string;
  readonly argv: readonly string[];
  readonly cni: CniEnvironment | null;
}

/**
 * `within` is what the parent is. A plugin is called without arguments; what it calls itself has its environment, and
 * is a plugin too (IPAM) where it lies in the same folder.
 */
export const programOf = ({ comm, argv, cni }: Execution, within: Program | null): Program => {
  const path = argv[0] ?? comm;
  const name = baseName(path);
  if (name.startsWith('containerd-shim')) return { kind: 'shim', action: shimAction(argv) };
  if (runtimes.test(name)) return { kind: 'runtime' };
  if (ociRuntimes.test(name)) {
    const runtime = name.replace(/[.-].*$/, '');
    return { kind: 'oci', runtime, command: argv.find((word) => ociCommands.has(word)) ?? null };
  }
  if (name === 'conmon' || name === 'conmonrs') return { kind: 'monitor' };
  if (cni?.command != null && argv.length <= 1) {
    const folder = folderOf(path);
    const { command } = cni;
    if (within?.kind !== 'cni' || within.folder === folder)
      return { kind: 'cni', command, plugin: name, folder };
  }
  return { kind: 'other', name };
};

/** By its name alone, of a process that was there before the observer. */
export const programNamed = (comm: string): Program => {
  if (comm.startsWith('containerd-shim')) return { kind: 'shim', action: 'serve' };
  if (runtimes.test(comm)) return { kind: 'runtime' };
  if (comm === 'conmon' || comm === 'conmonrs') return { kind: 'monitor' };
  if (ociRuntimes.test(comm) || comm.startsWith('runc:['))
    return { kind: 'oci', runtime: comm.replace(/[.:-].*$/, ''), command: null };
  return { kind: 'other', name: comm };
};

/** What lives on and starts others again and again: each of these is a piece of work of its own. */
export const isService = (program: Program): boolean =>
  program.kind === 'runtime' || (program.kind === 'shim' && program.action === 'serve');

/** What a later execution of the same process may say better. */
export const isVague = (program: Program): boolean =>
  program.kind === 'other' || (program.kind === 'oci' && program.command === null);

/** `cni.ADD bridge`, `runc create`, `containerd-shim start`, `container /pause`: as spans and people have it. */
export const programText = (program: Program): string => {
  switch (program.kind) {
    case 'cni':
      return `cni.${program.command} ${program.plugin}`;
    case 'oci':
      return program.command === null ? program.runtime : `${program.runtime} ${program.command}`;
    case 'shim':
      return `containerd-shim ${program.action}`;
    case 'monitor':
      return 'conmon';
    case 'container':
      return `container ${program.name}`;
    case 'other':
      return `exec ${program.name}`;
    case 'runtime':
      return 'runtime';
  }
};

export const containerProgram = ({ comm, argv }: Execution): Program => ({
  kind: 'container',
  name: baseName(argv[0] ?? comm) || comm,
});
