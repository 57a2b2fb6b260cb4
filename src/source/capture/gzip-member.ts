import { constants, crc32, createInflateRaw } from 'node:zlib';

/** `ok`: all was taken. `ended`: the member is complete. `failed`: not readable, or what follows is none. */
type Outcome = 'ok' | 'ended' | 'failed';

interface Step {
  readonly outcome: Outcome;
  readonly out: readonly Buffer[];
}

/** One gzip member, driven piece by piece: whatever came out before a fault is kept. */
export interface Member {
  push(bytes: Buffer): Promise<Step>;
  /** `ended` when the member was complete. */
  finish(): Promise<Step>;
  destroy(): void;
}

/** Output of one step: what zlib put out in a step that fails is lost, so the steps are small. */
const stepBytes = 16 * 1024;

/** CRC32 and ISIZE at the end of a member (RFC 1952 section 2.3.1). */
const trailerBytes = 8;

/**
 * The deflate stream of a member without its head, and its trailer. Not zlib's own gunzip: that takes what follows a
 * member for another one, and when it is none loses output that came before it.
 */
export const createMember = (): Member => {
  const raw = createInflateRaw({ flush: constants.Z_SYNC_FLUSH, chunkSize: stepBytes });
  let out: Buffer[] = [];
  let checksum = 0;
  let length = 0;
  let trailer: Buffer | null = null;
  let state: Outcome = 'ok';
  let wake: (() => void) | null = null;
  raw.on('data', (bytes: Buffer) => {
    out.push(bytes);
    checksum = crc32(bytes, checksum);
    length = (length + bytes.length) >>> 0;
  });
  raw.on('end', () => {
    trailer ??= Buffer.alloc(0);
    wake?.();
  });
  raw.on('error', () => {
    state = 'failed';
    wake?.();
  });

  const step = (): Step => {
    const taken = out;
    out = [];
    return { outcome: state, out: taken };
  };
  const waitFor = (start: (done: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      start(resolve);
    });
  const check = (behind: Buffer): void => {
    const all: Buffer = Buffer.concat([trailer ?? Buffer.alloc(0), behind]);
    trailer = all;
    if (all.length < trailerBytes) return;
    const right = all.readUInt32LE(0) === checksum && all.readUInt32LE(4) === length;
    state = right && all.length === trailerBytes ? 'ended' : 'failed';
  };
  return {
    async push(bytes) {
      if (state === 'ended' && bytes.length > 0) state = 'failed';
      if (state !== 'ok') return step();
      let behind = bytes;
      if (trailer === null) {
        const before = raw.bytesWritten;
        // The callback may come before the stream has handed on its last output: that comes with the next piece.
        await waitFor((done) => raw.write(bytes, () => done()));
        behind = bytes.subarray(raw.bytesWritten - before);
        // What the stream does not take is behind its end, and its end comes behind its output.
        if (behind.length > 0 && trailer === null && state === 'ok') await waitFor(() => undefined);
      }
      if (behind.length > 0 && state === 'ok') check(behind);
      return step();
    },
    async finish() {
      if (state === 'ok' && trailer === null) await waitFor(() => raw.end());
      if (state === 'ok') state = 'failed';
      return step();
    },
    destroy() {
      raw.destroy();
    },
  };
};

/** ID1, ID2 and CM of a gzip member (RFC 1952 section 2.3.1). */
export const magic = Buffer.from([0x1f, 0x8b, 0x08]);

export const isGzip = (head: Uint8Array): boolean => head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;

export const isHead = (piece: Buffer): boolean => piece.subarray(0, magic.length).equals(magic);

/** Bits of FLG, and the head's bytes before the fields that they stand for (RFC 1952 section 2.3). */
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16 } as const;
const fixedHeadBytes = 10;

/** The bytes of a member's head. Null: it is none, or not all of it is there. */
export const headBytes = (piece: Buffer): number | null => {
  if (!isHead(piece) || piece.length < fixedHeadBytes) return null;
  const given = piece[3] ?? 0;
  let at = fixedHeadBytes;
  if ((given & flags.extra) !== 0) {
    if (piece.length < at + 2) return null;
    at += 2 + piece.readUInt16LE(at);
  }
  for (const flag of [flags.name, flags.comment]) {
    if ((given & flag) === 0) continue;
    const end = piece.indexOf(0, at);
    if (end < 0) return null;
    at = end + 1;
  }
  if ((given & flags.headerCrc) !== 0) at += 2;
  return at <= piece.length ? at : null;
};
