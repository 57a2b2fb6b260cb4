import { type Nanos, nanosPerSecond } from '../../foundation/time.ts';
import type { KernelPart, KernelStory } from './story.ts';

/** Programs named of one call that is stuck; the oldest tell most. */
const named = 3;

const ageText = (ns: Nanos): string =>
  ns < nanosPerSecond ? `${Number(ns / 1_000_000n)} ms` : `${Number(ns / nanosPerSecond)} s`;

const runs = (part: KernelPart): boolean =>
  part.outlives &&
  (part.what.kind === 'stop' || (part.what.kind === 'program' && part.what.program.kind !== 'container'));

/** What a call in flight waits for, as far as the kernel shows it: the programs that run for it now. */
export const waitingText = ({ parts, to, lostRecords }: KernelStory): string => {
  const running = parts.filter(runs);
  // Of a program and what it started, that which was started is what is waited for.
  const last = running.filter(
    (part) => !running.some(({ parent }) => parent !== null && parts[parent] === part),
  );
  const lost = lostRecords === 0 ? '' : ` (${lostRecords} of its events were lost)`;
  if (last.length === 0)
    return `The kernel shows no program that runs for it now${lost}: the runtime itself waits, or its shim.`;
  const texts = last
    .slice(0, named)
    .map((part) => `${part.name} (pid ${part.pid}) for ${ageText(to - part.start)}`);
  const more = last.length > named ? `, and ${last.length - named} more` : '';
  return `The kernel shows what runs for it now: ${texts.join(', ')}${more}${lost}.`;
};
