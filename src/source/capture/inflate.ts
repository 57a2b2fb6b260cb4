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

/** So much of a member is wanted in one piece that it gives at least its first bytes: a block's code tables come before them. */
const enoughOfHead = 1024;

/** Cuts before everything that may be the head of a member, and keeps back a head of which too little is there yet. */
const splitAtHeads = (carried: Buffer, chunk: Buffer): { pieces: Buffer[]; carry: Buffer } => {
  const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk]);
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(magic, 1); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    pieces.push(bytes.subarray(from, at));
    from = at;
  }
  const length = bytes.length;
  if (length - from < enoughOfHead && isHead(bytes.subarray(from)))
    return { pieces, carry: bytes.subarray(from) };
  const last = bytes.subarray(length - 2);
  const begun = last[1] === magic[0] ? 1 : last.equals(magic.subarray(0, 2)) ? 2 : 0;
  pieces.push(bytes.subarray(from, length - begun));
  return { pieces: pieces.filter((piece) => piece.length > 0), carry: bytes.subarray(length - begun) };
};

const isHead = (piece: Buffer): boolean => piece.subarray(0, magic.length).equals(magic);

/** Does it begin like lines of JSON? What comes out of something that is no member does not. */
const isText = (out: readonly Buffer[]): boolean => {
  const start = out[0]?.subarray(0, 16) ?? Buffer.alloc(0);
  return (
    start.length > 0 && start.every((byte) => byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte < 0x7f))
  );
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
 * on at the next head of a member. An inflater cannot tell: to one in mid-member nearly any bytes make some sense.
 *
 *   input  | member ... | member ... ✂ | member ... |
 *   pieces ^ head       ^ head         ^ head: a new inflater is tried on each, and kept if text comes out
 */
export async function* inflate(input: AsyncIterable<Buffer>): AsyncGenerator<PlainPiece> {
  const current: { inflater: Inflater | null } = { inflater: null };
  let carry: Buffer = Buffer.alloc(0);

  const drop = (pieces: PlainPiece[]): void => {
    current.inflater?.destroy();
    current.inflater = null;
    pieces.push({ kind: 'break', reason: 'corrupt' });
  };

  const begin = async (piece: Buffer, pieces: PlainPiece[]): Promise<boolean> => {
    const fresh = createInflater();
    const { outcome, out } = await fresh.push(piece);
    if (!isText(out)) {
      fresh.destroy();
      return false;
    }
    if (current.inflater !== null) {
      const before = await current.inflater.finish();
      pieces.push(...before.out.map(plain));
      if (before.outcome === 'ended') current.inflater.destroy();
      else drop(pieces);
    }
    current.inflater = fresh;
    pieces.push(...out.map(plain));
    if (outcome !== 'ok') drop(pieces);
    return true;
  };

  const feed = async (piece: Buffer): Promise<PlainPiece[]> => {
    const pieces: PlainPiece[] = [];
    if (isHead(piece) && (await begin(piece, pieces))) return pieces;
    if (current.inflater === null) return pieces;
    const { outcome, out } = await current.inflater.push(piece);
    pieces.push(...out.map(plain));
    if (outcome !== 'ok') drop(pieces);
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
