import type { HeaderField } from '../event.ts';

/**
 * Header blocks that were decoded since the dynamic table changed last: until it changes again the same octets mean the
 * same fields. A server answers nearly all calls with two of them.
 */
export interface RepeatedBlocks {
  find(bytes: Uint8Array, from: number, to: number): readonly HeaderField[] | null;
  keep(bytes: Uint8Array, from: number, to: number, fields: readonly HeaderField[]): void;
  /** The table changed. */
  clear(): void;
}

interface Block {
  readonly bytes: Uint8Array;
  readonly fields: readonly HeaderField[];
}

const maxBlocks = 4;

/** Blocks of fields that are all in a table are short. */
const maxBlockBytes = 32;

const isAt = (block: Uint8Array, bytes: Uint8Array, from: number): boolean => {
  for (let i = 0; i < block.length; i++) if (block[i] !== bytes[from + i]) return false;
  return true;
};

export const createRepeatedBlocks = (): RepeatedBlocks => {
  const blocks: Block[] = [];
  let next = 0;
  return {
    find(bytes, from, to) {
      for (const { bytes: block, fields } of blocks)
        if (block.length === to - from && isAt(block, bytes, from)) return fields;
      return null;
    },
    keep(bytes, from, to, fields) {
      if (to - from > maxBlockBytes) return;
      const block = new Uint8Array(to - from);
      for (let i = 0; i < block.length; i++) block[i] = bytes[from + i] ?? 0;
      blocks[next] = { bytes: block, fields };
      next = (next + 1) % maxBlocks;
    },
    clear() {
      if (blocks.length === 0) return;
      blocks.length = 0;
      next = 0;
    },
  };
};
