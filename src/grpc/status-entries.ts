import type { UnknownText } from '../http2/event.ts';

/**
 * The status that replies of a joined connection end with, where it is a table entry that was made before the observer
 * came and is never sent again. A server that answered with a message had nothing to complain of; streams that broke
 * off after one are the exception, so several calls have to agree. The entry then says of every call that it went well,
 * also of a streamed list of nothing.
 */
export interface StatusEntries {
  /** 0 or null: OK, or not known. `replied`: a whole message came before the status. */
  codeOf(entry: UnknownText, replied: boolean): 0 | null;
}

const agreeing = 3;
/** Statuses that are told apart until one is known for OK. */
const maxEntries = 32;

export const createStatusEntries = (): StatusEntries => {
  let epoch: number | null = null;
  let ok: number | null = null;
  const replies = new Map<number, number>();
  return {
    codeOf(of, replied) {
      if (of.epoch !== epoch) {
        epoch = of.epoch;
        ok = null;
        replies.clear();
      }
      if (ok === null && replied) {
        const count = (replies.get(of.entry) ?? 0) + 1;
        if (replies.size < maxEntries || replies.has(of.entry)) replies.set(of.entry, count);
        if (count >= agreeing) ok = of.entry;
      }
      return ok === of.entry ? 0 : null;
    },
  };
};
