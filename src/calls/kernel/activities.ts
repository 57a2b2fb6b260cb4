import type { Nanos } from '../../foundation/time.ts';
import type { KernelEvent, KernelTask } from '../../kernel/kernel-event.ts';
import type { KernelCounters, KernelLimits } from './limits.ts';
import type { ProcessNode } from './process-tree.ts';

type Told = 'file_sync' | 'block_io' | 'tcp_connect' | 'oom_kill' | 'signal' | 'scheduling';

interface Activity<Event> {
  readonly event: Event;
  readonly at: Nanos;
  /** Whose it was; null: not of the family, or not known. */
  readonly of: ProcessNode | null;
}

export type SyncActivity = Activity<Extract<KernelEvent, { kind: 'file_sync' }>>;
export type BlockActivity = Activity<Extract<KernelEvent, { kind: 'block_io' }>>;
export type ConnectActivity = Activity<Extract<KernelEvent, { kind: 'tcp_connect' }>>;
export type SchedulingActivity = Activity<Extract<KernelEvent, { kind: 'scheduling' }>>;
export type OomActivity = Activity<Extract<KernelEvent, { kind: 'oom_kill' }>>;
export interface SignalActivity extends Activity<Extract<KernelEvent, { kind: 'signal' }>> {
  readonly sender: ProcessNode | null;
  /** When the receiver was gone. */
  exitedAt: Nanos | null;
}

export type KernelActivity =
  | SchedulingActivity
  | SyncActivity
  | BlockActivity
  | ConnectActivity
  | OomActivity
  | SignalActivity;

/** What processes did, and what befell them, in the order of its ends. Bounded: the oldest gives way. */
export interface Activities {
  add(
    event: Extract<KernelEvent, { kind: Told }>,
    at: Nanos,
    find: (task: KernelTask, at: Nanos) => ProcessNode | null,
  ): void;
  exited(pid: number, at: Nanos): void;
  /** Those that ended in this time. */
  between(from: Nanos, to: Nanos): readonly KernelActivity[];
  forgetBefore(at: Nanos): void;
}

export const createActivities = (counters: KernelCounters, limits: KernelLimits): Activities => {
  let kept: KernelActivity[] = [];
  /** Receivers of signals that are not gone. */
  const signalled = new Map<number, SignalActivity>();

  const push = (activity: KernelActivity): void => {
    kept.push(activity);
    if (kept.length <= limits.maxActivities) return;
    // A quarter at once: one at a time would move all the others each time.
    const dropped = Math.ceil(limits.maxActivities / 4);
    kept = kept.slice(dropped);
    counters.activitiesDropped += dropped;
  };

  return {
    add(event, at, find) {
      const of = event.process === null ? null : find(event.process, at);
      switch (event.kind) {
        case 'signal': {
          const sender = event.sender === null ? null : find(event.sender, at);
          const activity: SignalActivity = { event, at, of, sender, exitedAt: null };
          signalled.set(event.process.pid, activity);
          if (signalled.size > limits.maxActivities) signalled.clear();
          push(activity);
          return;
        }
        case 'file_sync':
          push({ event, at, of });
          return;
        case 'block_io':
          push({ event, at, of });
          return;
        case 'tcp_connect':
          push({ event, at, of });
          return;
        case 'oom_kill':
          push({ event, at, of });
          return;
        case 'scheduling':
          push({ event, at, of });
          return;
      }
    },
    exited(pid, at) {
      const activity = signalled.get(pid);
      if (activity === undefined) return;
      signalled.delete(pid);
      activity.exitedAt = at;
    },
    between: (from, to) => kept.filter(({ at }) => at >= from && at <= to),
    forgetBefore(at) {
      const first = kept.findIndex((activity) => activity.at >= at);
      kept = first < 0 ? [] : first === 0 ? kept : kept.slice(first);
    },
  };
};
