import { useEffect, useState } from 'preact/hooks';
import type { CallJson, TickJson } from '../api.ts';

/** Calls that are kept for the list; the oldest give way. */
const maxCalls = 5_000;

export interface Live {
  readonly state: 'connecting' | 'connected' | 'lost';
  readonly tick: TickJson | null;
  /** The newest first. */
  readonly calls: readonly CallJson[];
  readonly skipped: number;
}

const nothing: Live = { state: 'connecting', tick: null, calls: [], skipped: 0 };

const isTick = (value: unknown): value is TickJson =>
  typeof value === 'object' && value !== null && 'now' in value && 'calls' in value;

/** What happens, as the server sends it. However often it does, the page is drawn once a frame. */
export const useLive = (dataset: string | null, paused: boolean): Live => {
  const [live, setLive] = useState<Live>(nothing);
  useEffect(() => {
    if (dataset === null) return;
    setLive(nothing);
    const events = new EventSource(`/api/live?d=${encodeURIComponent(dataset)}`);
    let waiting: TickJson[] = [];
    let frame = 0;
    const draw = (): void => {
      frame = 0;
      const ticks = waiting;
      waiting = [];
      setLive((before) => {
        const newest = ticks.at(-1) ?? before.tick;
        const come = ticks.flatMap(({ calls }) => calls).sort((one, other) => other.n - one.n);
        return {
          state: 'connected',
          tick: newest,
          calls: come.length === 0 ? before.calls : [...come, ...before.calls].slice(0, maxCalls),
          skipped: before.skipped + ticks.reduce((sum, tick) => sum + tick.skipped, 0),
        };
      });
    };
    events.onmessage = ({ data }: MessageEvent<string>) => {
      const tick: unknown = JSON.parse(data);
      if (!isTick(tick)) return;
      waiting.push(tick);
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    events.onerror = () => setLive((before) => ({ ...before, state: 'lost' }));
    return () => {
      events.close();
      if (frame !== 0) cancelAnimationFrame(frame);
    };
  }, [dataset]);

  // Paused, the list stands still while the rest goes on.
  const [held, setHeld] = useState<readonly CallJson[] | null>(null);
  useEffect(() => setHeld(paused ? live.calls : null), [paused]);
  return held === null ? live : { ...live, calls: held };
};
