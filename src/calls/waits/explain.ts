import type { Nanos } from '../../foundation/time.ts';
import { behindText } from './share-names.ts';
import type { Wait } from './wait.ts';

const millis = (ns: Nanos): string => `${(Number(ns) / 1e6).toFixed(1)} ms`;

const things = { same_container: 'container', same_sandbox: 'sandbox', same_image: 'image' } as const;

/** What shows that the time went to this; null: it is nothing but the times of the calls of the operation. */
export const evidenceText = (wait: Wait): string | null => {
  switch (wait.on) {
    case 'pull_queue': {
      const { behind, end, phase, atOnce } = wait;
      const turn = behind.end === null ? '' : `began ${millis(phase.start - behind.end)} after it ended`;
      return end < phase.start
        ? `${behindText(behind)} was under way, and its client takes one pull after the other`
        : `this pull ${turn}; until then ${atOnce === 1 ? 'one pull was' : `${atOnce} pulls were`} under way at a time, never more`;
    }
    case 'same_container':
    case 'same_sandbox':
    case 'same_image':
    case 'convoy': {
      const { behind, phase } = wait;
      if (behind.start === null || behind.end === null) return null;
      const after = phase.end - behind.end;
      const ended = after < 0n ? `${millis(-after)} before` : `${millis(after)} after`;
      const of = wait.on === 'convoy' ? 'in a convoy' : `on the same ${things[wait.on]}`;
      return `${behindText(behind)} ${of} had begun ${millis(phase.start - behind.start)} before, and this call ended ${ended} it`;
    }
    case 'socket':
      return wait.unread === 'request'
        ? 'written by the client, not yet read by the runtime'
        : 'written by the runtime, not yet read by the client';
    case 'kernel':
      return 'the kernel saw it run for this call';
    case 'back_off':
      return `the call before it failed (${wait.failed.status ?? 'no status'})`;
    case 'init_container':
      return 'the container was seen to have ended by then';
    case 'client':
    case 'runtime':
      return null;
  }
};
