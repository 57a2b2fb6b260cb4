import { earlier, later, type Nanos } from '../../foundation/time.ts';
import type { ConnectActivity, KernelActivity, SignalActivity, SyncActivity } from './activities.ts';
import type { KernelLink } from './owner.ts';
import { partName } from './part-names.ts';
import type { ProcessNode, Unit } from './process-tree.ts';
import { schedulingByProcess } from './scheduling.ts';
import type { KernelPart, SchedulingTotals } from './story.ts';

/** The runtime's time of a call, and whether it ended by itself: what goes on after that was not waited for. */
export interface Window {
  readonly from: Nanos;
  readonly to: Nanos;
  readonly isOver: boolean;
}

export interface OwnedUnit {
  readonly unit: Unit;
  readonly link: KernelLink;
}

export interface Linked<Activity> {
  readonly activity: Activity;
  readonly link: KernelLink;
}

export interface PartSources {
  readonly units: readonly OwnedUnit[];
  /** Of programs that ran for the call, and of services where the call alone can have been the cause. */
  readonly activities: readonly KernelActivity[];
  /** Of the runtime and of shims themselves; those of other programs are in the time of these. */
  readonly syncs: readonly Linked<SyncActivity>[];
  readonly connects: readonly Linked<ConnectActivity>[];
  readonly signals: readonly Linked<SignalActivity>[];
}

type Draft = Omit<KernelPart, 'parent' | 'name'>;

const within = (time: Nanos, { from, to }: Window): Nanos => earlier(later(time, from), to);

const nothingMore = {
  exitCode: null,
  signal: null,
  cpuNs: null,
  peakRssBytes: null,
  scheduling: null,
  interfaceName: null,
} as const;

const startOf = (node: ProcessNode): Nanos =>
  node.program.kind === 'container' ? (node.executedAt ?? node.bornAt) : node.bornAt;

const programPart = (
  node: ProcessNode,
  link: KernelLink,
  window: Window,
  scheduling: SchedulingTotals | null,
): Draft => {
  const outlives = node.end === null || node.end > window.to;
  return {
    what: { kind: 'program', program: node.program },
    link,
    pid: node.pid,
    processStart: node.start,
    comm: node.comm,
    start: within(startOf(node), window),
    end: within(node.end ?? window.to, window),
    outlives,
    exitCode: node.exitCode,
    signal: node.signal,
    cpuNs: node.end === null ? null : node.cpuNs,
    peakRssBytes: node.peakRssBytes,
    scheduling,
    interfaceName: node.interfaceName,
  };
};

const syncPart = ({ activity, link }: Linked<SyncActivity>, window: Window): Draft => {
  const { event, at } = activity;
  const { pid, start, comm } = event.process;
  return {
    what: { kind: 'sync', operation: event.operation, file: event.file },
    link,
    pid,
    processStart: start,
    comm,
    start: within(event.start, window),
    end: within(at, window),
    outlives: false,
    ...nothingMore,
  };
};

const connectPart = ({ activity, link }: Linked<ConnectActivity>, window: Window): Draft => {
  const { event, at } = activity;
  const { address, port, connected } = event;
  const { pid, start, comm } = event.process;
  return {
    what: { kind: 'connect', address, port, connected },
    link,
    pid,
    processStart: start,
    comm,
    start: within(event.start, window),
    end: within(at, window),
    outlives: false,
    ...nothingMore,
  };
};

const stopPart = ({ activity, link }: Linked<SignalActivity>, window: Window): Draft => {
  const { event, at, exitedAt } = activity;
  const { pid, start, comm } = event.process;
  return {
    what: { kind: 'stop', signal: event.signal, comm },
    link,
    pid,
    processStart: start,
    comm,
    start: within(at, window),
    end: within(exitedAt ?? window.to, window),
    outlives: exitedAt === null || exitedAt > window.to,
    ...nothingMore,
    signal: event.signal,
  };
};

interface Placed {
  readonly draft: Draft;
  readonly node: ProcessNode | null;
}

const byStart = (a: Placed, b: Placed): number =>
  a.draft.start < b.draft.start
    ? -1
    : a.draft.start > b.draft.start
      ? 1
      : a.draft.end > b.draft.end
        ? -1
        : a.draft.end < b.draft.end
          ? 1
          : a.draft.pid - b.draft.pid;

const isTold = ({ program }: ProcessNode): boolean =>
  program.kind !== 'runtime' && !(program.kind === 'shim' && program.action === 'serve');

/** Every part under the nearest part that started it and did not end before it. */
export const partsOf = (sources: PartSources, window: Window): readonly KernelPart[] => {
  const scheduling = schedulingByProcess(sources.activities);
  const placed: Placed[] = [
    ...sources.units.flatMap(({ unit, link }) =>
      unit.programs.filter(isTold).map((node) => ({
        node,
        draft: programPart(node, link, window, scheduling.get(node) ?? null),
      })),
    ),
    ...sources.syncs.map((sync) => ({ node: null, draft: syncPart(sync, window) })),
    ...sources.connects.map((connect) => ({ node: null, draft: connectPart(connect, window) })),
    ...sources.signals.map((signal) => ({ node: null, draft: stopPart(signal, window) })),
  ].sort(byStart);
  const indexOf = new Map<ProcessNode, number>();
  for (const [at, { node }] of placed.entries()) if (node !== null) indexOf.set(node, at);

  const parentOf = ({ node, draft }: Placed): number | null => {
    if (node === null || node.program.kind === 'container') return null;
    for (let above = node.parent; above !== null; above = above.parent) {
      const at = indexOf.get(above);
      const parent = at === undefined ? undefined : placed[at]?.draft;
      if (at === undefined || parent === undefined) continue;
      if (parent.start <= draft.start && draft.end <= parent.end) return at;
    }
    return null;
  };
  return placed.map((one) => ({ ...one.draft, name: partName(one.draft.what), parent: parentOf(one) }));
};
