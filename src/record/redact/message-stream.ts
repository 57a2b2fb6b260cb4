import type { HeldEvent, Unit } from './held-event.ts';
import type { RedactCounters, RedactLimits } from './limits.ts';
import { addPiece, createUnit, decideUnit, giveUpUnit } from './unit.ts';

/** Null: not decodable as this message. */
export type MessageRewriter = ((bytes: Uint8Array) => boolean) | null;

/** One direction of one stream: cuts DATA into gRPC messages (5-byte prefix, payload) and has each rewritten when whole. */
export interface MessageStream {
  data(event: HeldEvent, bytes: Uint8Array, rewriter: MessageRewriter): void;
  /** Bytes were lost: what is begun cannot be decoded, and no boundary is known any more. */
  lost(): void;
  /** Nothing more will come. */
  end(): void;
}

const prefixBytes = 5;
/** An unknown field with a bad tag (0): what is filled with it does not decode as a message. */
const filler = 0;

export const createMessageStream = (limits: RedactLimits, counters: RedactCounters): MessageStream => {
  let prefix = 0;
  let flag = 0;
  let length = 0;
  let unit: Unit = createUnit();
  let broken = false;

  const giveUp = (): void => {
    if (!unit.overwritten) counters.messagesOverwritten += 1;
    giveUpUnit(unit, filler);
  };

  const finish = (rewriter: MessageRewriter): void => {
    if (!unit.overwritten) {
      const decoded = decideUnit(unit, filler, (bytes) => rewriter?.(bytes) ?? false);
      if (decoded) counters.messagesRedacted += 1;
      else counters.messagesOverwritten += 1;
    }
    prefix = 0;
    unit = createUnit();
  };

  const begin = (rewriter: MessageRewriter): void => {
    if (flag > 1) broken = true;
    // A message that nobody will decode need not wait.
    if (flag !== 0 || rewriter === null || length > limits.maxMessageBytes) giveUp();
    if (length === 0) finish(rewriter);
  };

  return {
    data(event, bytes, rewriter) {
      let at = 0;
      while (at < bytes.length) {
        if (broken) {
          addPiece(unit, event, bytes.subarray(at), filler);
          return;
        }
        if (prefix < prefixBytes) {
          const octet = bytes[at++] ?? 0;
          if (prefix === 0) {
            flag = octet;
            length = 0;
          } else length = length * 256 + octet;
          prefix += 1;
          if (prefix === prefixBytes) begin(rewriter);
          continue;
        }
        const taken = Math.min(bytes.length - at, length - unit.length);
        addPiece(unit, event, bytes.subarray(at, at + taken), filler);
        at += taken;
        if (unit.length === length) finish(rewriter);
      }
    },
    lost() {
      broken = true;
      giveUp();
    },
    end() {
      if (prefix > 0 || broken) giveUp();
    },
  };
};
