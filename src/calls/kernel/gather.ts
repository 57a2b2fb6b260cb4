import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type {
  Activities,
  ConnectActivity,
  KernelActivity,
  SignalActivity,
  SyncActivity,
} from './activities.ts';
import type { Candidates } from './candidates.ts';
import { claimsOfFile, noClaims } from './claims.ts';
import type { KernelCounters } from './limits.ts';
import type { Mishaps } from './mishaps.ts';
import { keyOf } from './open-calls.ts';
import { type Executed, type KernelLink, type Owner, ownerOf } from './owner.ts';
import type { Linked, OwnedUnit, Window } from './parts.ts';
import type { ProcessNode, Unit } from './process-tree.ts';
import type { Processes } from './processes.ts';
import type { KernelMark } from './story.ts';
import type { Joined } from './tell.ts';

export interface Evidences {
  readonly processes: Processes;
  readonly activities: Activities;
  readonly mishaps: Mishaps;
  readonly candidates: Candidates;
}

/** By what a unit has started in a container; or is itself. */
const executedBy = ({ root, container }: Unit): Executed | null => {
  const ran = root.program.kind === 'container' ? root : container;
  if (ran === null || ran.commands.length === 0) return null;
  return { digests: ran.commands, endedAt: ran.end, exitCode: ran.exitCode };
};

const ownerOfUnit = (unit: Unit, candidates: Candidates): Owner => {
  const { root, claims, service, begin } = unit;
  return ownerOf(
    {
      program: root.program,
      claims,
      service: service === null || service.program.kind === 'runtime' ? null : service.claims,
      runtimePid: service?.program.kind === 'runtime' ? service.pid : null,
      executed: executedBy(unit),
    },
    candidates.at(begin),
  );
};

/** Of something that a runtime or a shim did itself. */
const ownerOfDeed = (service: ProcessNode, { event, at }: KernelActivity, candidates: Candidates): Owner => {
  const isRuntime = service.program.kind === 'runtime';
  return ownerOf(
    {
      program: { kind: 'other', name: service.comm },
      claims: event.kind === 'file_sync' ? claimsOfFile(event.file) : noClaims,
      service: isRuntime ? null : service.claims,
      runtimePid: isRuntime ? service.pid : null,
      executed: null,
    },
    candidates.at(at),
  );
};

const markOf = ({ event, at }: KernelActivity): KernelMark | null => {
  const { process } = event;
  if (process === null) return null;
  const { pid, comm } = process;
  if (event.kind === 'oom_kill') return { kind: 'oom_kill', at, pid, comm, cgroup: event.cgroup };
  if (event.kind !== 'signal') return null;
  const sender = event.sender === null ? null : { pid: event.sender.pid, comm: event.sender.comm };
  return { kind: 'signal', at, signal: event.signal, pid, comm, sender };
};

const namesIn = (path: string | null, call: Call): boolean => {
  const { sandboxId, containerId } = call.facts;
  const id = containerId ?? sandboxId;
  return path !== null && id !== null && id !== '' && path.includes(id);
};

/** All that the kernel told in a call's time, and whose it was. */
export const gather = (
  call: Call,
  window: Window,
  { processes, activities, mishaps, candidates }: Evidences,
  settle: Nanos,
  counters: KernelCounters,
): Joined => {
  const key = keyOf(call);
  const units: OwnedUnit[] = [];
  const owned = new Map<Unit, KernelLink>();
  let ambiguous = 0;
  for (const unit of processes.units()) {
    if (unit.begin < window.from || unit.begin > window.to) continue;
    const owner = ownerOfUnit(unit, candidates);
    if (owner.kind === 'ambiguous' && owner.keys.includes(key)) ambiguous += 1;
    if (owner.kind !== 'call' || owner.key !== key) continue;
    owned.set(unit, owner.link);
    units.push({ unit, link: owner.link });
    counters[owner.link === 'identity' ? 'byIdentity' : owner.link === 'process' ? 'byProcess' : 'byTime'] +=
      1;
  }
  counters.ambiguous += ambiguous;

  const syncs: Linked<SyncActivity>[] = [];
  const connects: Linked<ConnectActivity>[] = [];
  const signals: Linked<SignalActivity>[] = [];
  const own: KernelActivity[] = [];
  const sharedSyncs: SyncActivity[] = [];
  const others: KernelActivity[] = [];
  const marks: KernelMark[] = [];

  const mark = (activity: KernelActivity): void => {
    const found = markOf(activity);
    if (found !== null) marks.push(found);
  };

  const linkOf = (node: ProcessNode | null): KernelLink | null =>
    node?.unit == null ? null : (owned.get(node.unit) ?? null);

  const befell = (activity: KernelActivity): void => {
    const { event, of } = activity;
    if (event.kind === 'oom_kill') {
      if (linkOf(of) !== null || namesIn(event.cgroup, call)) mark(activity);
      return;
    }
    if (!('sender' in activity)) return;
    const bySender = linkOf(activity.sender);
    if (bySender === null && linkOf(of) === null) return;
    mark(activity);
    // Its own programs that are killed are parts already.
    if (bySender !== null && linkOf(of) === null) signals.push({ activity, link: bySender });
  };

  const did = (activity: KernelActivity, of: ProcessNode): void => {
    const link = linkOf(of);
    if (link !== null) {
      own.push(activity);
      return;
    }
    if (of.unit !== null) {
      others.push(activity);
      return;
    }
    const owner = ownerOfDeed(of, activity, candidates);
    if (owner.kind !== 'call' || owner.key !== key) {
      others.push(activity);
      if (owner.kind === 'ambiguous' && owner.keys.includes(key) && activity.event.kind === 'file_sync')
        sharedSyncs.push({ ...activity, event: activity.event });
      return;
    }
    own.push(activity);
    if (activity.event.kind === 'file_sync')
      syncs.push({ activity: { ...activity, event: activity.event }, link: owner.link });
    if (activity.event.kind === 'tcp_connect')
      connects.push({ activity: { ...activity, event: activity.event }, link: owner.link });
  };

  for (const activity of activities.between(window.from, window.to)) {
    const { event, of } = activity;
    if (event.kind === 'oom_kill' || event.kind === 'signal') befell(activity);
    else if (of === null) others.push(activity);
    else did(activity, of);
  }
  for (const { path, at } of mishaps.frozen())
    if (at >= window.from && at <= window.to && namesIn(path, call)) marks.push({ kind: 'frozen', at, path });

  return {
    units,
    syncs,
    connects,
    signals,
    activities: own,
    sharedSyncs,
    others,
    marks,
    ambiguous,
    lostRecords: mishaps.lostBetween(window.from, window.to + settle),
  };
};
