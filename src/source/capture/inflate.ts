import { createMember, headBytes, isHead, type Member, magic } from './gzip-member.ts';

/** Plain bytes of a capture; `break` where bytes are missing, so that what follows does not continue the line begun. */
export type PlainPiece =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'break'; readonly reason: 'corrupt' | 'cut' };

/** So much of a member is wanted in one piece that it gives at least its first bytes: a block's code tables come before them. */
const enoughOfHead = 1024;

/** Cuts before everything that may be the head of a member, and keeps back a head of which too little is there yet. */
const splitAtHeads = (
  carried: Buffer,
  chunk: Buffer,
  enough: number,
): { pieces: Buffer[]; carry: Buffer } => {
  const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk]);
  const pieces: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(magic, 1); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    pieces.push(bytes.subarray(from, at));
    from = at;
  }
  const length = bytes.length;
  if (length - from < enough && isHead(bytes.subarray(from))) return { pieces, carry: bytes.subarray(from) };
  const begun = bytes[length - 1] === magic[0] ? 1 : bytes.subarray(-2).equals(magic.subarray(0, 2)) ? 2 : 0;
  pieces.push(bytes.subarray(from, length - begun));
  return { pieces: pieces.filter((piece) => piece.length > 0), carry: bytes.subarray(length - begun) };
};

/** Does it begin like lines of JSON? What comes out of something that is no member does not. */
const isText = (out: readonly Buffer[]): boolean => {
  const start = out[0]?.subarray(0, 16) ?? Buffer.alloc(0);
  return (
    start.length > 0 && start.every((byte) => byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte < 0x7f))
  );
};

const plain = (bytes: Buffer): PlainPiece => ({ kind: 'bytes', bytes });

const ending = async (member: Member): Promise<PlainPiece[]> => {
  const { outcome, out } = await member.finish();
  const pieces = out.map(plain);
  return outcome === 'ended' ? pieces : [...pieces, { kind: 'break', reason: 'cut' }];
};

/**
 * Inflates gzip members one after the other. A member may be cut short, by a crash at the end of the file or with
 * another one appended behind the cut, or be damaged: what was readable comes out, then a `break`, and reading goes
 * on at the next head of a member. An inflater cannot tell: to one in mid-member nearly any bytes make some sense.
 *
 *   input  | member ... | member ... ✂ | member ... |
 *   pieces ^ head       ^ head         ^ head: a new member is tried on each, and kept if text comes out
 */
export async function* inflate(input: AsyncIterable<Buffer>): AsyncGenerator<PlainPiece> {
  const current: { member: Member | null } = { member: null };
  let carry: Buffer = Buffer.alloc(0);

  const drop = (pieces: PlainPiece[]): void => {
    current.member?.destroy();
    current.member = null;
    pieces.push({ kind: 'break', reason: 'corrupt' });
  };

  const begin = async (piece: Buffer, pieces: PlainPiece[]): Promise<boolean> => {
    const head = headBytes(piece);
    if (head === null) return false;
    const fresh = createMember();
    const { outcome, out } = await fresh.push(piece.subarray(head));
    if (!isText(out)) {
      fresh.destroy();
      return false;
    }
    if (current.member !== null) {
      const before = await current.member.finish();
      pieces.push(...before.out.map(plain));
      if (before.outcome === 'ended') current.member.destroy();
      else drop(pieces);
    }
    current.member = fresh;
    pieces.push(...out.map(plain));
    if (outcome === 'failed') drop(pieces);
    return true;
  };

  const feed = async (piece: Buffer): Promise<PlainPiece[]> => {
    const pieces: PlainPiece[] = [];
    if (isHead(piece) && (await begin(piece, pieces))) return pieces;
    if (current.member === null) return pieces;
    const { outcome, out } = await current.member.push(piece);
    pieces.push(...out.map(plain));
    if (outcome === 'failed') drop(pieces);
    return pieces;
  };

  try {
    for await (const chunk of input) {
      const split = splitAtHeads(carry, chunk, enoughOfHead);
      carry = split.carry;
      for (const piece of split.pieces) yield* await feed(piece);
    }
    const last = splitAtHeads(carry, Buffer.alloc(0), 0);
    for (const piece of [...last.pieces, last.carry]) {
      // Behind a complete member what begins like a head is one that was cut, unless it can be read.
      const between = (await current.member?.push(Buffer.alloc(0)))?.outcome !== 'ok';
      const pieces: PlainPiece[] = [];
      if (!between) pieces.push(...(await feed(piece)));
      else if (piece.length > 0 && !(await begin(piece, pieces)))
        pieces.push({ kind: 'break', reason: 'cut' });
      yield* pieces;
    }
    if (current.member !== null) yield* await ending(current.member);
  } finally {
    current.member?.destroy();
  }
}
