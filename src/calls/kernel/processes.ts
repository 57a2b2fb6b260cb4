import { commandDigest } from '../../foundation/command-digest.ts';
import { type Nanos, nanosPerMillisecond } from '../../foundation/time.ts';
import type { KernelEvent, KernelTask } from '../../kernel/kernel-event.ts';
import { remember } from '../pods/remember.ts';
import { claimsOf, claimsOfCgroup, mergeClaims, noClaims } from './claims.ts';
import type { KernelCounters, KernelLimits } from './limits.ts';
import type { ProcessNode, Unit } from './process-tree.ts';
import { containerProgram, isService, isVague, type Program, programNamed, programOf } from './program.ts';

type Of<Kind extends KernelEvent['kind']> = Extract<KernelEvent, { kind: Kind }>;

/** The processes of the runtime's family, as forks, executions and exits tell of them. */
export interface Processes {
  fork(event: Of<'fork'>, at: Nanos): void;
  exec(event: Of<'exec'>, at: Nanos): void;
  exit(event: Of<'exit'>, at: Nanos): void;
  /** This process is a runtime: a call was made of it. */
  serves(pid: number): void;
  /** Who did something that is told: it may have ended since. A service is told by its name, if it was not met. */
  find(task: KernelTask, at: Nanos): ProcessNode | null;
  /** In the order in which they were met. */
  units(): readonly Unit[];
  /** Units that nobody can own any more go. */
  keepUnits(wanted: (unit: Unit) => boolean): void;
  forgetEndedBefore(at: Nanos): void;
}

/**
 * What may have been asked for by who executes this: the same, or a script, before whose path the kernel puts its
 * interpreter, and what the script's first line gives that.
 */
const commandsMeant = (argv: readonly string[]): readonly string[] =>
  [0, 1, 2].filter((from) => from < argv.length).map((from) => commandDigest(argv.slice(from)));

/** Starts are whole clock ticks; a pid comes again much later. */
const sameStart = 10n * nanosPerMillisecond;

/** Runtimes of one node, restarted ones among them. */
const maxServers = 64;

/** `runc init` clones itself twice; the last of the three waits to become the container. */
const isContainerInit = (parent: KernelTask): boolean => parent.comm.startsWith('runc:[1');

export const createProcesses = (counters: KernelCounters, limits: KernelLimits): Processes => {
  const live = new Map<number, ProcessNode>();
  /** Requests to devices are told in rounds, and by then who made them may be gone. */
  const ended = new Map<number, ProcessNode>();
  /** Processes that wait to become a container's first program. */
  const inits = new WeakSet<ProcessNode>();
  /** Pids of runtimes, where connections told them: whatever they are called. */
  const servers = new Set<number>();
  let units: Unit[] = [];

  const findIn = (
    nodes: ReadonlyMap<number, ProcessNode>,
    { pid, start }: KernelTask,
  ): ProcessNode | null => {
    const node = nodes.get(pid);
    if (node === undefined) return null;
    const apart = node.start - start;
    return apart < sameStart && -apart < sameStart ? node : null;
  };
  const find = (task: KernelTask): ProcessNode | null => findIn(live, task);

  const add = (
    task: KernelTask,
    parent: ProcessNode | null,
    program: Program,
    bornAt: Nanos,
  ): ProcessNode | null => {
    live.delete(task.pid);
    if (live.size >= limits.maxProcesses) {
      counters.processesDropped += 1;
      return null;
    }
    const { pid, start, comm } = task;
    const node: ProcessNode = {
      pid,
      start,
      bornAt,
      comm,
      parent,
      program,
      claims: noClaims,
      interfaceName: null,
      commands: [],
      executedAt: null,
      unit: null,
      end: null,
      exitCode: null,
      signal: null,
      peakRssBytes: null,
      cpuNs: 0n,
    };
    live.set(pid, node);
    counters.processesNow = live.size;
    return node;
  };

  const beginUnit = (root: ProcessNode, begin: Nanos, origin: Unit | null): void => {
    const service = root.parent !== null && isService(root.parent.program) ? root.parent : null;
    const unit: Unit = {
      root,
      begin,
      service,
      origin,
      container: null,
      programs: [],
      claims: noClaims,
      executions: 0,
      cpuNs: 0n,
    };
    root.unit = unit;
    units.push(unit);
    if (units.length > limits.maxUnits) {
      units.shift();
      counters.unitsDropped += 1;
    }
    counters.unitsNow = units.length;
  };

  const programBefore = ({ pid, comm }: KernelTask): Program =>
    servers.has(pid) ? { kind: 'runtime' } : programNamed(comm);

  /** One that was there before the observer: what it is must be told by its name. */
  const fromBefore = (task: KernelTask, at: Nanos): ProcessNode | null => {
    const program = programBefore(task);
    if (program.kind === 'other') return null;
    const node = add(task, null, program, at);
    if (node !== null && !isService(program)) beginUnit(node, at, null);
    return node;
  };

  /** Null: of no interest, or not known. */
  const born = (task: KernelTask, parentTask: KernelTask, at: Nanos): ProcessNode | null => {
    if (task.pid === parentTask.pid) return null;
    const parent = find(parentTask) ?? fromBefore(parentTask, at);
    if (parent === null) {
      counters.stray += 1;
      return null;
    }
    if (parent.program.kind === 'container') return null;
    const node = add(task, parent, parent.program, at);
    if (node === null) return null;
    if (isService(parent.program)) beginUnit(node, at, null);
    else node.unit = parent.unit;
    if (isContainerInit(parentTask)) inits.add(node);
    return node;
  };

  /** The process that executes, where it was not met before. */
  const metLate = (event: Of<'exec'>, at: Nanos): ProcessNode | null => {
    const { process, parent, argv, cni } = event;
    const of = parent === null ? null : (find(parent) ?? fromBefore(parent, at));
    if (parent !== null && of !== null) return born(process, parent, at);
    const program = programOf({ comm: process.comm, argv, cni }, null);
    if (program.kind === 'other') return null;
    const node = add(process, null, program, at);
    if (node !== null && !isService(program)) beginUnit(node, at, null);
    return node;
  };

  /** Other runtimes than runc do not show their steps by name: then the cgroup tells what runs in the container. */
  const sharesCgroup = ({ unit, program }: ProcessNode, { cgroup }: Of<'exec'>): boolean => {
    if (unit === null || program.kind !== 'oci') return false;
    const [id] = claimsOfCgroup(cgroup).ids;
    return id !== undefined && unit.claims.ids.includes(id);
  };

  const becomeContainer = (node: ProcessNode, event: Of<'exec'>, at: Nanos): void => {
    const origin = node.unit;
    node.program = containerProgram({ comm: event.process.comm, argv: event.argv, cni: null });
    node.claims = mergeClaims(origin?.claims ?? noClaims, claimsOfCgroup(event.cgroup));
    node.commands = event.argvCut ? [] : commandsMeant(event.argv);
    node.executedAt = at;
    if (origin !== null) origin.container = node;
    beginUnit(node, at, origin);
    record(node);
  };

  const record = (node: ProcessNode): void => {
    const { unit } = node;
    if (unit === null) return;
    unit.claims = mergeClaims(unit.claims, node.claims);
    unit.executions += 1;
    if (unit.programs.includes(node)) return;
    if (unit.programs.length < limits.maxUnitPrograms) unit.programs.push(node);
    else counters.programsDropped += 1;
  };

  return {
    find(task, at) {
      const known = find(task) ?? findIn(ended, task);
      if (known !== null) return known;
      return isService(programBefore(task)) ? fromBefore(task, at) : null;
    },
    serves(pid) {
      if (servers.size < maxServers) servers.add(pid);
    },
    fork({ process, parent }, at) {
      born(process, parent, at);
    },
    exec(event, at) {
      const { process, argv, cgroup, cni } = event;
      const node = find(process) ?? metLate(event, at);
      if (node === null || node.program.kind === 'container') {
        counters.workload += 1;
        return;
      }
      node.comm = process.comm;
      const program = programOf({ comm: process.comm, argv, cni }, node.parent?.program ?? null);
      if (inits.has(node) || (program.kind === 'other' && sharesCgroup(node, event))) {
        becomeContainer(node, event, at);
        return;
      }
      // A wrapper becomes what it wraps, and a runtime that executes itself again stays what it was called as.
      const first = node.executedAt === null;
      if (first || isVague(node.program)) node.program = program;
      node.claims = mergeClaims(node.claims, claimsOf(program, { argv, cgroup, cni }));
      if (program.kind === 'cni') node.interfaceName = cni?.interfaceName ?? null;
      node.executedAt ??= at;
      record(node);
      // From here on what it starts is work of its own, and it is no longer a part of what started it.
      if (!isService(node.program) || node.unit === null) return;
      node.unit.programs.splice(node.unit.programs.indexOf(node), 1);
      node.unit = null;
    },
    exit({ process, code, signal, userNs, systemNs, peakRssBytes }, at) {
      const node = find(process);
      if (node === null) return;
      live.delete(node.pid);
      counters.processesNow = live.size;
      remember(ended, node.pid, node, limits.maxProcesses);
      node.end = at;
      node.exitCode = code;
      node.signal = signal;
      node.peakRssBytes = peakRssBytes;
      node.cpuNs += userNs + systemNs;
      if (node.unit !== null) node.unit.cpuNs += userNs + systemNs;
      // What executed nothing of its own is a part of what its parent does.
      if (node.executedAt === null && node.parent?.unit === node.unit && node.unit !== null)
        node.parent.cpuNs += userNs + systemNs;
    },
    units: () => units,
    keepUnits(wanted) {
      units = units.filter(wanted);
      counters.unitsNow = units.length;
    },
    forgetEndedBefore(at) {
      for (const [pid, node] of ended) if (node.end !== null && node.end < at) ended.delete(pid);
    },
  };
};
