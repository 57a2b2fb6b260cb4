import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** What is known of all spans that ever came to a spool. */
export interface Balance {
  /** Spans accepted. */
  readonly accepted: number;
  /** Spans done with: delivered, rejected or dropped. */
  readonly settled: number;
  /** Sequence number of the first journal line that is still owed. */
  readonly cursor: number;
}

/** The balance in a file of 63 bytes, rewritten in place: one system call, so a killed process leaves a whole one. */
export interface Ledger {
  write(balance: Balance): void;
  close(): void;
}

const digits = 20;
const form = /^(\d{20}) (\d{20}) (\d{20})\n/;

const parse = (text: string): Balance | null => {
  const found = form.exec(text);
  if (found === null) return null;
  const [accepted, settled, cursor] = found.slice(1).map(Number);
  return accepted !== undefined && settled !== undefined && cursor !== undefined
    ? { accepted, settled, cursor }
    : null;
};

const numbers = (balance: Balance): string =>
  [balance.accepted, balance.settled, balance.cursor]
    .map((number) => String(number).padStart(digits, '0'))
    .join(' ');

/** `before`: what the last process left; null when there was none, or it cannot be read. Throws what opening does. */
export const openLedger = (path: string): { readonly ledger: Ledger; readonly before: Balance | null } => {
  const file = openSync(path, 'a+', 0o600);
  const buffer = Buffer.alloc(3 * digits + 3);
  const length = readSync(file, buffer, 0, buffer.length, 0);
  closeSync(file);
  // Opened for appending a file cannot be written in place.
  const inPlace = openSync(path, 'r+');
  return {
    ledger: {
      write(balance) {
        writeSync(inPlace, `${numbers(balance)}\n`, 0, 'latin1');
      },
      close: () => closeSync(inPlace),
    },
    before: parse(buffer.toString('latin1', 0, length)),
  };
};
