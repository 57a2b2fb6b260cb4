import type { CaptureCounters } from '../source/capture/limits.ts';

/** What the reader left out or mended, in words. */
const wordings: readonly (readonly [keyof CaptureCounters, (count: number) => string])[] = [
  ['cut', () => 'it is cut short'],
  ['corruptions', (count) => `compressed data could not be read at ${count} place(s)`],
  ['badLines', (count) => `${count} line(s) could not be read`],
  ['longLines', (count) => `${count} line(s) were longer than allowed`],
  ['unknownEvents', (count) => `${count} event(s) of an unknown kind`],
  ['beforeOpen', (count) => `${count} event(s) came before their connection was opened`],
  ['afterClose', (count) => `${count} event(s) came after their connection was closed`],
  ['reusedConnections', (count) => `${count} connection number(s) were used again`],
  ['overConnectionLimit', (count) => `${count} connection(s) were too many`],
  ['clampedTimes', (count) => `${count} time(s) went backwards`],
  ['duplicateBytes', (count) => `${count} byte(s) were there twice`],
  ['skippedBytes', (count) => `${count} byte(s) are missing by their offsets`],
];

/** One sentence for the person who named the file; null where all was read as written. */
export const captureWarning = (counters: CaptureCounters): string | null => {
  const found = wordings.flatMap(([name, words]) => (counters[name] > 0 ? [words(counters[name])] : []));
  return found.length === 0 ? null : `${found.join('; ')}; the rest was read`;
};
