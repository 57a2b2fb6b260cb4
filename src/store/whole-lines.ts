import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 256 * 1024;
const newline = 10;

export interface WholeLine {
  readonly offset: number;
  /** Without its newline; null: longer than allowed. */
  readonly text: string | null;
  readonly bytes: number;
}

/**
 * The lines of a file from an offset on, up to the last newline there is: what is behind it is still being written, or
 * was cut by a crash. `atLine` false: the offset may lie inside a line, whose rest is passed over.
 */
export async function* wholeLinesFrom(
  file: FileHandle,
  from: { readonly offset: number; readonly atLine: boolean },
  maxBytes: number,
): AsyncGenerator<WholeLine> {
  let position = from.offset;
  let lineStart = from.offset;
  let skipping = !from.atLine;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const buffer = Buffer.alloc(chunkBytes);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, position);
    if (bytesRead === 0) return;
    let begin = 0;
    for (;;) {
      const end = buffer.subarray(0, bytesRead).indexOf(newline, begin);
      if (end < 0) break;
      const bytes = heldBytes + end - begin;
      const piece = buffer.subarray(begin, end);
      if (!skipping) {
        const text = bytes > maxBytes ? null : Buffer.concat([...held, piece]).toString('utf8');
        if (bytes > 0) yield { offset: lineStart, text, bytes };
      }
      skipping = false;
      held = [];
      heldBytes = 0;
      begin = end + 1;
      lineStart = position + begin;
    }
    heldBytes += bytesRead - begin;
    // Of a line that is too long nothing is kept but its length.
    if (heldBytes > maxBytes || skipping) held = [];
    else held.push(Buffer.from(buffer.subarray(begin, bytesRead)));
    position += bytesRead;
  }
}
