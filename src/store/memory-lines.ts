import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Span } from '../spans/span.ts';
import type { Lines, Place } from './lines.ts';

export interface MemoryLinesLimits {
  /** Bytes of compressed blocks; the oldest give way. */
  readonly bytes: number;
  /** Lines are compressed together when they have come to so many characters. */
  readonly blockCharacters: number;
}

/** Spans say much the same: 16 MiB hold about 300,000 of them. */
export const defaultMemoryLinesLimits: MemoryLinesLimits = {
  bytes: 16 * 1024 ** 2,
  blockCharacters: 512 * 1024,
};

export interface MemoryLinesCounters {
  heldBytes: number;
  blocksDropped: number;
}

interface Block {
  readonly number: number;
  /** The text while it is filled, then compressed. */
  text: string;
  packed: Buffer | null;
}

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** Lines without a file: what an agent that keeps no store shows, and what a capture becomes. */
export const createMemoryLines = (
  limits: MemoryLinesLimits = defaultMemoryLinesLimits,
): Lines & { add(line: string, spans?: readonly Span[]): void; readonly counters: MemoryLinesCounters } => {
  const counters: MemoryLinesCounters = { heldBytes: 0, blocksDropped: 0 };
  let blocks: Block[] = [];
  let current: Block = { number: 0, text: '', packed: null };
  let fresh: { readonly place: Place; readonly text: string; readonly spans: readonly Span[] | undefined }[] =
    [];
  let packing: Promise<void> = Promise.resolve();

  const seal = (block: Block): void => {
    packing = packing.then(async () => {
      const packed = await pack(block.text, { level: 1 });
      block.packed = packed;
      block.text = '';
      counters.heldBytes += packed.length;
      while (counters.heldBytes > limits.bytes) {
        const [oldest] = blocks;
        if (oldest?.packed == null) return;
        counters.heldBytes -= oldest.packed.length;
        counters.blocksDropped += 1;
        blocks = blocks.slice(1);
      }
    });
  };

  return {
    counters,
    add(line, spans) {
      if (current.text.length > 0 && current.text.length + line.length > limits.blockCharacters) {
        seal(current);
        current = { number: current.number + 1, text: '', packed: null };
      }
      if (current.text.length === 0) blocks.push(current);
      const place = { segment: current.number, offset: current.text.length, bytes: line.length };
      current.text += line;
      fresh.push({ place, text: line, spans });
    },
    async refresh(onLine) {
      const come = fresh;
      fresh = [];
      for (const { place, text, spans } of come) {
        onLine(place, text, spans);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await packing;
    },
    async read({ segment, offset, bytes }) {
      const block = blocks.find(({ number }) => number === segment);
      if (block === undefined) return null;
      const text = block.packed === null ? block.text : (await unpack(block.packed)).toString('utf8');
      return text.slice(offset, offset + bytes);
    },
    isGone: (segment) => !blocks.some(({ number }) => number === segment),
    close: () => packing,
  };
};
