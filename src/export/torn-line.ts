import type { FileHandle } from 'node:fs/promises';

const chunk = 64 * 1024;

/** Where a file of lines has its last newline, looked for from the end: what is behind it was never finished. */
export const wholeLines = async (
  file: FileHandle,
): Promise<{ readonly whole: number; readonly torn: number }> => {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(Math.min(chunk, size));
  for (let end = size; end > 0; end -= buffer.length) {
    const start = Math.max(0, end - buffer.length);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    const newline = buffer.subarray(0, bytesRead).lastIndexOf(10);
    if (newline >= 0) return { whole: start + newline + 1, torn: size - start - newline - 1 };
  }
  return { whole: 0, torn: size };
};
