/** One entry of a tar archive. */
export interface TarEntry {
  /** At most 100 bytes: the archive needs no longer names, so the ustar prefix is left out. */
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

const blockBytes = 512;

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

/** A ustar header (POSIX.1-2017, pax, "ustar Interchange Format"). Owner root, time 0: the same input, the same digest. */
const header = (entry: TarEntry): Buffer => {
  const block = Buffer.alloc(blockBytes);
  if (Buffer.byteLength(entry.path) > 100) throw new RangeError(`tar path over 100 bytes: ${entry.path}`);
  block.write(entry.path, 0);
  block.write(octal(entry.mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(entry.content.length, 11), 124);
  block.write(octal(0, 11), 136);
  block.write('        ', 148);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${octal(checksum, 6)} `, 148);
  return block;
};

/** A ustar archive of regular files. */
export const tar = (entries: readonly TarEntry[]): Buffer => {
  const blocks: Uint8Array[] = [];
  for (const entry of entries) {
    const padding = (blockBytes - (entry.content.length % blockBytes)) % blockBytes;
    blocks.push(header(entry), entry.content, Buffer.alloc(padding));
  }
  blocks.push(Buffer.alloc(2 * blockBytes));
  return Buffer.concat(blocks);
};
