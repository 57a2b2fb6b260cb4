import { constants, createGunzip, type Gunzip } from 'node:zlib';

/** Plain bytes of a capture; `break` where bytes are missing, so that what follows does not continue the line begun. */
export type PlainPiece =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'break'; readonly reason: 'corrupt' | 'cut' };

/** `ok`: all was taken. `ended`: the member is complete and what follows it is none. `failed`: not readable. */
type Outcome = 'ok' | 'ended' | 'failed';

/** One inflater, driven piece by piece: whatever it put out before a fault is kept. */
interface Inflater {
  push(bytes: Buffer): Promise<{ readonly outcome: Outcome; readonly out: readonly Buffer[] }>;
  /** `ended` when the last member was complete. */
  finish(): Promise<{ readonly outcome: Outcome; readonly out: readonly Buffer[] }>;
  destroy(): void;
}

/** Output of one step: what zlib put out in a step that fails is lost, so the steps are small. */
const stepBytes = 16 * 1024;

const createInflater = (): Inflater => {
  const gunzip: Gunzip = createGunzip({ flush: constants.Z_SYNC_FLUSH, chunkSize: stepBytes });
  let out: Buffer[] = [];
  let state: Outcome = 'ok';
  let wake: (() => void) | null = null;
  const settle = (next: Outcome): void => {
    if (state === 'ok') state = next;
    wake?.();
  };
  gunzip.on('data', (bytes: Buffer) => out.push(bytes));
  gunzip.on('end', () => settle('ended'));
  gunzip.on('error', () => settle('failed'));

  const run = async (start: (done: () => void) => void) => {
    if (state === 'ok') {
      await new Promise<void>((resolve) => {
        wake = resolve;
        start(resolve);
      });
      wake = null;
    }
    const taken = out;
    out = [];
    return { outcome: state, out: taken };
  };
  return {
    // The callback may come before the stream has handed on its last output: that comes with the next piece.
    push: (bytes) => run((done) => gunzip.write(bytes, () => done())),
    finish: () => run(() => gunzip.end()),
    destroy: () => {
      gunzip.destroy();
    },
  };
};

/** ID1, ID2 and CM of a gzip member (RFC 1952 section 2.3.1). */
const magic = Buffer.from([0x1f, 0x8b, 0x08]);

export const isGzip = (head: Uint8Array): boolean => head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b;

/** Cuts before everything that may be the head of a member; a head divided between two chunks is put together. */
const splitAtHeads = (carried: Buffer, chunk: Buffer): { pieces: Buffer[]; carry: Buffer } => {
  const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk]);
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(magic, 1); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    pieces.push(bytes.subarray(from, at));
    from = at;
  }
  const length = bytes.length;
  const tail =
    bytes[length - 1] === magic[0] ? 1 : bytes.subarray(length - 2).equals(magic.subarray(0, 2)) ? 2 : 0;
  const end = Math.max(from, length - tail);
  pieces.push(bytes.subarray(from, end));
  return { pieces: pieces.filter((piece) => piece.length > 0), carry: bytes.subarray(end) };
};

const plain = (bytes: Buffer): PlainPiece => ({ kind: 'bytes', bytes });

const ending = async (inflater: Inflater): Promise<PlainPiece[]> => {
  const { outcome, out } = await inflater.finish();
  const pieces = out.map(plain);
  return outcome === 'ended' ? pieces : [...pieces, { kind: 'break', reason: 'cut' }];
};

/**
 * Inflates gzip members one after the other. A member may be cut short, by a crash at the end of the file or with
 * another one appended behind the cut, or be damaged: what was readable comes out, then a `break`, and reading goes
 * on at the next head of a member.
 *
 *   input  | member ... | member ... ✂ | member ... |
 *   pieces ^ head       ^ head         ^ head: the inflater fails here, and a new one begins here
 */
export async function* inflate(input: AsyncIterable<Buffer>): AsyncGenerator<PlainPiece> {
  const current: { inflater: Inflater | null } = { inflater: null };
  let carry: Buffer = Buffer.alloc(0);

  const feed = async (piece: Buffer): Promise<PlainPiece[]> => {
    const pieces: PlainPiece[] = [];
    const isHead = piece.subarray(0, magic.length).equals(magic);
    const lose = (): void => {
      current.inflater?.destroy();
      current.inflater = null;
      pieces.push({ kind: 'break', reason: 'corrupt' });
    };
    let before: readonly Buffer[] = [];
    if (current.inflater !== null) {
      const { outcome, out } = await current.inflater.push(piece);
      if (outcome === 'ok' || !isHead) pieces.push(...out.map(plain));
      if (outcome === 'ok') return pieces;
      lose();
      before = out;
    }
    if (!isHead) return pieces;
    // What the failed one made of this head is noise, or the same as what a new one makes of it.
    current.inflater = createInflater();
    const { outcome, out } = await current.inflater.push(piece);
    if (out.length === 0) pieces.unshift(...before.map(plain));
    pieces.push(...out.map(plain));
    if (outcome !== 'ok') lose();
    return pieces;
  };

  try {
    for await (const chunk of input) {
      const split = splitAtHeads(carry, chunk);
      carry = split.carry;
      for (const piece of split.pieces) yield* await feed(piece);
    }
    if (carry.length > 0) yield* await feed(carry);
    if (current.inflater !== null) yield* await ending(current.inflater);
  } finally {
    current.inflater?.destroy();
  }
}
