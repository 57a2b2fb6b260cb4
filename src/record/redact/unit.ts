import type { HeldEvent, Piece, Unit } from './held-event.ts';

export const createUnit = (): Unit => ({ pieces: [], length: 0, overwritten: false });

/** Lets `rewrite` work on the unit's bytes as one array, in place. False from it: not decodable. */
export const decideUnit = (unit: Unit, filler: number, rewrite: (bytes: Uint8Array) => boolean): boolean => {
  const [only] = unit.pieces;
  if (only === undefined) return rewrite(new Uint8Array(0));
  if (unit.pieces.length === 1) {
    const decoded = rewrite(only.bytes);
    if (!decoded) overwrite(only, filler);
    release(unit);
    return decoded;
  }
  const whole = Buffer.concat(unit.pieces.map((piece) => piece.bytes));
  const decoded = rewrite(whole);
  let at = 0;
  for (const piece of unit.pieces) {
    if (decoded) piece.bytes.set(whole.subarray(at, at + piece.bytes.length));
    else overwrite(piece, filler);
    at += piece.bytes.length;
  }
  release(unit);
  return decoded;
};

/** Gives a unit up: all that came of it is overwritten, and all that will come. */
export const giveUpUnit = (unit: Unit, filler: number): void => {
  for (const piece of unit.pieces) overwrite(piece, filler);
  unit.overwritten = true;
  release(unit);
};

const overwrite = (piece: Piece, filler: number): void => {
  piece.bytes.fill(filler);
  piece.event.overwritten += piece.bytes.length;
};

const release = (unit: Unit): void => {
  for (const piece of unit.pieces) piece.event.undecided.delete(unit);
  unit.pieces.length = 0;
};

/** Adds bytes of `event` to the unit. */
export const addPiece = (unit: Unit, event: HeldEvent, bytes: Uint8Array, filler: number): void => {
  unit.length += bytes.length;
  if (bytes.length === 0) return;
  const piece = { event, bytes };
  if (unit.overwritten) {
    overwrite(piece, filler);
    return;
  }
  unit.pieces.push(piece);
  event.undecided.set(unit, filler);
};
