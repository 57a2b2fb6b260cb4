import type protobuf from 'protobufjs';
import type { CriCounters, CriLimits } from './limits.ts';
import { redactMessage } from './redact.ts';

/** Holds whole messages of one call and direction for a person who asked for them, within bounds. */
export interface FullReader {
  push(bytes: Uint8Array): void;
  /** The message is complete. */
  end(): void;
  /** The message will never be, or its bytes are not known. */
  drop(why: string): void;
  /** Decoded and redacted; a message that cannot be shown has a text in its place that says why. */
  messages(): readonly unknown[];
}

export const createFullReader = (
  type: protobuf.Type,
  limits: CriLimits,
  counters: CriCounters,
): FullReader => {
  const shown: unknown[] = [];
  let pieces: Uint8Array[] = [];
  let size = 0;
  let room = limits.maxFullBytes;
  let beyond = 0;

  const show = (message: unknown): void => {
    if (shown.length < limits.maxFullMessages) shown.push(message);
    else {
      beyond += 1;
      counters.overFull += 1;
    }
    pieces = [];
    size = 0;
  };

  const decode = (): unknown => {
    try {
      return redactMessage(type, type.decode(Buffer.concat(pieces)));
    } catch {
      return `[${size} bytes that are no ${type.name}]`;
    }
  };

  return {
    push(bytes) {
      size += bytes.length;
      if (shown.length >= limits.maxFullMessages || size > room) pieces = [];
      else if (bytes.length > 0) pieces.push(Uint8Array.from(bytes));
    },
    end() {
      if (size > room) {
        if (shown.length < limits.maxFullMessages) counters.overFull += 1;
        show(`[${size} bytes, over the bound of ${limits.maxFullBytes} for a call]`);
      } else {
        room -= size;
        show(shown.length < limits.maxFullMessages ? decode() : null);
      }
    },
    drop: (why) => show(`[${why}]`),
    messages: () => (beyond === 0 ? shown : [...shown, `[${beyond} more messages]`]),
  };
};
