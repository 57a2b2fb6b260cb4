import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../foundation/clock.ts';
import { systemTimers } from '../foundation/timers.ts';
import { recordConstants } from '../kernel/events.ts';
import type { NativeLoad } from '../kernel/native.ts';
import { type KernelProgram, kernelParts } from '../kernel/program.ts';
import type { Peer } from '../source/event.ts';
import { TapError } from '../source/tap/error.ts';
import { defaultTapLimits } from '../source/tap/limits.ts';
import { createTap } from '../source/tap/tap.ts';

/** A connection that was there before critrace came. */
export interface Connected {
  readonly endpoint: string;
  readonly client: Peer;
}

export interface TapTrial {
  readonly works: boolean;
  /** What is missing, with the remedy; null: it works. */
  readonly why: string | null;
  readonly programs: readonly KernelProgram[];
  /** Null: only the tap could say. */
  readonly connected: readonly Connected[] | null;
  readonly ringBytes: number | null;
}

/** A few rounds of the tap: existing connections are told in the first ones. */
const trialMs = 400;

/** Opens the tap on the sockets for a moment, with every program that there is, and sees who is connected. */
export const tryTap = async (
  native: NativeLoad,
  endpoints: readonly string[],
  ringBytes: number,
  clock: Clock,
): Promise<TapTrial> => {
  const refused = (why: string, programs: readonly KernelProgram[] = []): TapTrial => ({
    works: false,
    why,
    programs,
    connected: null,
    ringBytes: null,
  });
  if (!native.loaded) return refused(`${native.why}; ${native.remedy}`);
  let programs: readonly KernelProgram[] = [];
  const { library } = native;
  const openTap: typeof library.openTap = (plan) => {
    const opened = library.openTap(plan);
    programs = opened.programs;
    return opened;
  };
  try {
    const tap = createTap({
      identity: 'doctor',
      endpoints: endpoints.slice(0, recordConstants.MAX_ENDPOINTS),
      clock,
      timers: systemTimers(clock),
      limits: { ...defaultTapLimits, ringBytes },
      parts: kernelParts,
      native: { openTap },
    });
    const connected: Connected[] = [];
    const ended = delay(trialMs).then(() => tap.stop());
    for await (const batch of tap.events())
      for (const event of batch)
        if (event.kind === 'open' && event.joined)
          connected.push({ endpoint: event.endpoint, client: event.client });
    await ended;
    await tap.close();
    return { works: true, why: null, programs, connected, ringBytes: tap.bufferBytes };
  } catch (error) {
    if (!(error instanceof TapError)) throw error;
    return refused(error.message, programs);
  }
};
