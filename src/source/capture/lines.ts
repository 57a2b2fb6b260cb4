/** Cuts a stream of bytes into lines without holding more than one of them, and of that no more than the bound. */
export interface LineSplitter {
  /** The lines completed by these bytes, without their line ends; null stands for a line over the bound. */
  push(bytes: Buffer): readonly (Buffer | null)[];
  /** Forgets the line begun, because what follows does not continue it. True if there was one. */
  discard(): boolean;
  /** The line begun and not ended: at the end of the input, what a crash may have left. */
  rest(): Buffer | null;
}

const lineFeed = 0x0a;

export const createLineSplitter = (maxLineBytes: number): LineSplitter => {
  let pieces: Buffer[] = [];
  let held = 0;
  let over = false;

  const keep = (bytes: Buffer): void => {
    if (bytes.length === 0) return;
    held += bytes.length;
    if (held > maxLineBytes) {
      over = true;
      pieces = [];
    } else if (!over) pieces.push(bytes);
  };
  const take = (): Buffer | null => {
    const only = pieces[0];
    const line = over ? null : pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
    reset();
    return line;
  };
  const reset = (): void => {
    pieces = [];
    held = 0;
    over = false;
  };

  return {
    push(bytes) {
      const lines: (Buffer | null)[] = [];
      let from = 0;
      for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, from)) {
        keep(bytes.subarray(from, at));
        lines.push(take());
        from = at + 1;
      }
      keep(bytes.subarray(from));
      return lines;
    },
    discard() {
      const begun = held > 0;
      reset();
      return begun;
    },
    rest: () => (held > 0 ? take() : null),
  };
};
