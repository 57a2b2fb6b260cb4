import { later, type Nanos } from '../../foundation/time.ts';
import type { GrpcEvent } from '../../grpc/event.ts';
import type { KernelEvent } from '../../kernel/kernel-event.ts';
import type { Call } from '../call.ts';
import type { Finding } from '../finding.ts';
import { remember } from '../pods/remember.ts';
import { createActivities } from './activities.ts';
import { createCandidates } from './candidates.ts';
import { gather } from './gather.ts';
import {
  createKernelCounters,
  defaultKernelLimits,
  type KernelCounters,
  type KernelLimits,
} from './limits.ts';
import { createMishaps } from './mishaps.ts';
import { createOpenCalls, isWorkingCall, keyOf } from './open-calls.ts';
import type { Window } from './parts.ts';
import { createProcesses } from './processes.ts';
import type { KernelStory } from './story.ts';
import { type Joined, tellStory } from './tell.ts';
import { waitingText } from './waiting.ts';

/**
 * Joins what the kernel tells with the calls that caused it. Ended calls that make a runtime work are held back until
 * their last events must have come, and are told with their story: once, and whole.
 */
export interface KernelJoin {
  event(event: KernelEvent, at: Nanos): void;
  /** This process is a runtime. */
  serves(pid: number | null): void;
  grpc(connection: number, event: GrpcEvent, snapshot: (stream: number) => Call | null, now: Nanos): void;
  /**
   * It is so late: calls whose last events must have come. To be asked before what happens at that time, so that the
   * answer is the same whether or not somebody asked in between.
   */
  due(now: Nanos): readonly Finding[];
  /** Findings as they may be told now: without the calls that are held back. */
  gate(found: Finding[], now: Nanos): Finding[];
  /** Symptoms of calls that are stuck, with what they wait for, in place. */
  explain(found: Finding[], now: Nanos): void;
  /** The input ended: nothing is waited for. */
  finish(now: Nanos): Finding[];
}

interface Held {
  readonly key: string;
  readonly due: Nanos;
  /** The call, and its revisions meanwhile. */
  readonly calls: Call[];
}

const none: readonly never[] = [];

/** Events between two looks for what nobody can need any more. */
const sweepEvery = 512;

const windowOf = (call: Call, now: Nanos): Window => {
  const from = call.requestReadAt ?? call.start ?? call.result.responseStart?.at ?? call.end ?? now;
  const to = call.responseSentAt ?? call.end ?? now;
  return { from, to: later(from, to), isOver: call.result.outcome === 'finished' };
};

export const isTelling = (story: KernelStory): boolean =>
  story.parts.length > 0 || story.syncs.count > 0 || story.marks.length > 0;

export const createKernelJoin = (
  counters: KernelCounters,
  limits: KernelLimits = defaultKernelLimits,
): KernelJoin => {
  const processes = createProcesses(counters, limits);
  const activities = createActivities(counters, limits);
  const mishaps = createMishaps(counters, limits);
  const calls = createOpenCalls(counters, limits);
  /** In the order in which they ended. */
  const held = new Map<string, Held>();
  const told = new Map<string, KernelStory>();
  /** Without the kernel's side there is nothing to wait for. */
  let hasEvents = false;
  let events = 0;

  const sweep = (now: Nanos): void => {
    const earliest = calls.forget(new Set(held.keys()));
    // The call that caused what came just now may be seen a moment later.
    const recent = now - limits.settle;
    const wanted = earliest !== null && earliest < recent ? earliest : recent;
    processes.keepUnits((unit) => {
      if (unit.begin >= wanted) return true;
      if (unit.programs.length > 0) counters.unowned += 1;
      return false;
    });
    processes.forgetEndedBefore(wanted);
    activities.forgetBefore(wanted);
    mishaps.forgetBefore(wanted);
  };

  const joinedTo = (call: Call, window: Window, counted: KernelCounters): Joined =>
    gather(
      call,
      window,
      { processes, activities, mishaps, candidates: createCandidates(calls) },
      limits.settle,
      counted,
    );

  /** Of a call in flight: what will be told when it ends is not counted yet. */
  const storySoFar = (call: Call, now: Nanos): KernelStory => {
    const window = windowOf({ ...call, end: null, responseSentAt: null }, now);
    const uncounted = createKernelCounters();
    return tellStory(joinedTo(call, window, uncounted), window, limits, uncounted);
  };

  const tell = ({ key, calls: [first, ...revisions] }: Held, now: Nanos, out: Finding[]): void => {
    held.delete(key);
    counters.heldNow = held.size;
    if (first === undefined) return;
    const window = windowOf(first, now);
    const joined = joinedTo(first, window, counters);
    const mine = new Set(joined.units.map(({ unit }) => unit));
    processes.keepUnits((unit) => !mine.has(unit));
    const story = tellStory(joined, window, limits, counters);
    remember(told, key, story, limits.maxTold);
    counters.told += 1;
    const call: Call = { ...first, kernel: story };
    out.push({ kind: 'call', call });
    if (isTelling(story)) out.push({ kind: 'kernel', call, story });
    for (const revision of revisions) out.push({ kind: 'call', call: { ...revision, kernel: story } });
  };

  const release = (isDue: (one: Held) => boolean, now: Nanos, out: Finding[]): void => {
    let any = false;
    for (const one of held.values()) {
      if (!isDue(one)) break;
      tell(one, now, out);
      any = true;
    }
    if (any) sweep(now);
  };

  /** True: the call is kept, to be told later. */
  const hold = (call: Call, now: Nanos, out: Finding[]): boolean => {
    const key = keyOf(call);
    const waiting = held.get(key);
    if (waiting !== undefined) {
      waiting.calls.push(call);
      return true;
    }
    if (call.revision > 0 || !isWorkingCall(call.rpc)) return false;
    const [oldest] = held.values();
    if (held.size >= limits.maxHeld && oldest !== undefined) {
      counters.heldDropped += 1;
      tell(oldest, now, out);
    }
    held.set(key, { key, due: (call.end ?? now) + limits.settle, calls: [call] });
    counters.heldNow = held.size;
    return true;
  };

  return {
    event(event, at) {
      hasEvents = true;
      switch (event.kind) {
        case 'fork':
          processes.fork(event, at);
          break;
        case 'exec':
          processes.exec(event, at);
          break;
        case 'exit':
          activities.exited(event.process.pid, at);
          processes.exit(event, at);
          break;
        case 'cgroup':
          mishaps.cgroup(event.action, event.path, at);
          break;
        case 'lost':
          mishaps.lost(event.records, at);
          break;
        default:
          activities.add(event, at, processes.find);
      }
      events += 1;
      if (events % sweepEvery === 0) sweep(at);
    },
    serves(pid) {
      if (pid !== null) processes.serves(pid);
    },
    grpc(connection, event, snapshot, now) {
      calls.grpc(connection, event, snapshot, now);
      // Without events nobody asks for calls that have ended.
      if (!hasEvents && event.kind === 'call_end') calls.drop(connection, event.stream);
    },
    due(now) {
      if (held.size === 0) return none;
      const out: Finding[] = [];
      release(({ due }) => due < now, now, out);
      return out;
    },
    gate(found, now) {
      if (!hasEvents) return found;
      const out: Finding[] = [];
      for (const finding of found) {
        if (finding.kind !== 'call') {
          out.push(finding);
          continue;
        }
        calls.told(finding.call);
        if (hold(finding.call, now, out)) continue;
        const story = told.get(keyOf(finding.call));
        out.push(story === undefined ? finding : { kind: 'call', call: { ...finding.call, kernel: story } });
      }
      return out;
    },
    explain(found, now) {
      if (!hasEvents) return;
      for (const [at, finding] of found.entries()) {
        if (finding.kind !== 'symptom') continue;
        const { symptom } = finding;
        const [call] = symptom.calls;
        if (symptom.kind !== 'stuck_call' || symptom.ended || !isWorkingCall(call.rpc)) continue;
        const explanation = `${symptom.explanation} ${waitingText(storySoFar(call, now))}`;
        found[at] = { kind: 'symptom', symptom: { ...symptom, explanation } };
      }
    },
    finish(now) {
      const out: Finding[] = [];
      release(() => true, now, out);
      return out;
    },
  };
};
