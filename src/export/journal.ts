import { type FileHandle, mkdir, open, readdir, readFile, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportCounters } from './counters.ts';
import type { SpoolLimits } from './limits.ts';

/** Where one line of the journal lies. Lines are numbered without gaps within a segment. */
export interface Position {
  readonly sequence: number;
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

export interface JournalLine {
  readonly position: Position;
  readonly spans: number;
}

/**
 * Segment files of OTLP/JSON lines, each named after the sequence number of its first line. Appending goes to the
 * page cache, which outlives the process; a segment is synchronised with the disk when it is closed, so what a power
 * loss can take is the open one.
 */
export interface Journal {
  /** The number that the next line will get. */
  next(): number;
  append(lines: readonly Uint8Array[]): Promise<readonly Position[]>;
  /** Lines in ascending order, each segment opened once; null for one that is gone or cannot be read. */
  read(positions: readonly Position[]): Promise<readonly (Buffer | null)[]>;
  /** Nobody needs lines before `sequence`: segments that hold only such are deleted. */
  release(sequence: number): Promise<void>;
  /** Deletes the oldest segments until the bound holds; the first sequence number that is left. */
  shrink(): Promise<number>;
  close(): Promise<void>;
}

interface Segment {
  readonly first: number;
  lines: number;
  bytes: number;
}

const namePattern = /^(\d{16})\.jsonl$/;
const nameOf = (first: number): string => `${String(first).padStart(16, '0')}.jsonl`;

/** Once per span: in attributes and messages the quotes would stand behind backslashes. */
const spanMark = '"startTimeUnixNano":';

export const countSpans = (line: Uint8Array): number => {
  const buffer = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  let count = 0;
  for (let at = buffer.indexOf(spanMark); at >= 0; at = buffer.indexOf(spanMark, at + spanMark.length))
    count++;
  return count;
};

const linesOf = (segment: number, bytes: Buffer): { lines: JournalLine[]; whole: number } => {
  const lines: JournalLine[] = [];
  let offset = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, offset)) {
    const length = end + 1 - offset;
    lines.push({
      position: { sequence: segment + lines.length, segment, offset, length },
      spans: countSpans(bytes.subarray(offset, end)),
    });
    offset = end + 1;
  }
  return { lines, whole: offset };
};

/** One read for all: the lines of a request lie side by side. */
const readLines = async (
  path: string,
  positions: readonly Position[],
): Promise<readonly (Buffer | null)[]> => {
  const start = Math.min(...positions.map(({ offset }) => offset));
  const end = Math.max(...positions.map(({ offset, length }) => offset + length));
  const bytes = Buffer.alloc(end - start);
  let length = 0;
  try {
    const file = await open(path, 'r');
    try {
      ({ bytesRead: length } = await file.read(bytes, 0, bytes.length, start));
    } finally {
      await file.close();
    }
  } catch {
    // A segment that is gone: none of its lines can be read.
  }
  return positions.map((position) => {
    const last = position.offset - start + position.length;
    return last <= length ? bytes.subarray(position.offset - start, last) : null;
  });
};

export interface OpenedJournal {
  readonly journal: Journal;
  /** What an earlier process left, oldest first, from `cursor` on. */
  readonly left: readonly JournalLine[];
}

/** Throws what the file system does where `directory` cannot be made or read. */
export const openJournal = async (
  directory: string,
  cursor: number,
  limits: SpoolLimits,
  counters: ExportCounters,
): Promise<OpenedJournal> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const segments: Segment[] = [];
  const left: JournalLine[] = [];
  let current: { readonly segment: Segment; readonly file: FileHandle } | null = null;
  let next = cursor;
  // What the bound drops is a whole segment: never more than about a quarter at a time.
  const segmentBytes = (): number => Math.min(limits.segmentBytes, Math.ceil(limits.diskBytes / 4));

  const pathOf = (first: number): string => join(directory, nameOf(first));
  const total = (): number => segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const account = (): void => {
    counters.spoolBytes = total();
  };

  const found = (await readdir(directory)).flatMap((name) => namePattern.exec(name)?.[1] ?? []).sort();
  for (const first of found.map(Number)) {
    const bytes = await readFile(pathOf(first));
    const { lines, whole } = linesOf(first, bytes);
    if (whole < bytes.length) {
      counters.tornBytes += bytes.length - whole;
      await truncate(pathOf(first), whole);
    }
    const owed = lines.filter(({ position }) => position.sequence >= cursor);
    next = Math.max(next, first + lines.length);
    if (owed.length === 0) {
      await unlink(pathOf(first));
      continue;
    }
    segments.push({ first, lines: lines.length, bytes: whole });
    left.push(...owed);
  }
  account();

  const closeCurrent = async (): Promise<void> => {
    const closing = current;
    current = null;
    if (closing === null) return;
    try {
      await closing.file.datasync();
    } finally {
      await closing.file.close();
    }
  };

  const remove = async (segment: Segment): Promise<void> => {
    if (current?.segment === segment) {
      const { file } = current;
      current = null;
      await file.close();
    }
    segments.splice(segments.indexOf(segment), 1);
    await unlink(pathOf(segment.first)).catch(() => {
      counters.spoolErrors++;
    });
    account();
  };

  const openCurrent = async (): Promise<{ segment: Segment; file: FileHandle }> => {
    if (current !== null && current.segment.bytes >= segmentBytes()) await closeCurrent();
    if (current === null) {
      const segment = { first: next, lines: 0, bytes: 0 };
      current = { segment, file: await open(pathOf(next), 'w', 0o600) };
      segments.push(segment);
    }
    return current;
  };

  const journal: Journal = {
    next: () => next,
    async append(lines) {
      const { segment, file } = await openCurrent();
      const positions = lines.map((line, index) => {
        const position = {
          sequence: next + index,
          segment: segment.first,
          offset: segment.bytes,
          length: line.length,
        };
        segment.bytes += line.length;
        return position;
      });
      const start = positions[0]?.offset ?? 0;
      segment.lines += lines.length;
      next += lines.length;
      const bytes = Buffer.concat(lines);
      try {
        const { bytesWritten } = await file.write(bytes, 0, bytes.length, start);
        if (bytesWritten < bytes.length) throw new Error(`wrote ${bytesWritten} of ${bytes.length} bytes`);
      } catch (error) {
        // The lines are not there. What follows goes to a new segment, so that numbers and lines agree.
        segment.bytes = start;
        if (start === 0) await remove(segment).catch(() => {});
        else {
          await file.truncate(start).catch(() => {});
          await closeCurrent().catch(() => {});
        }
        account();
        throw error;
      }
      account();
      return positions;
    },
    async read(positions) {
      const lines: (Buffer | null)[] = [];
      for (let from = 0; from < positions.length; from = lines.length) {
        const segment = positions[from]?.segment ?? 0;
        const end = positions.findIndex((position, index) => index > from && position.segment !== segment);
        lines.push(...(await readLines(pathOf(segment), positions.slice(from, end < 0 ? undefined : end))));
      }
      return lines;
    },
    async release(sequence) {
      for (const segment of [...segments]) {
        if (segment.first + segment.lines <= sequence) await remove(segment);
      }
    },
    async shrink() {
      while (total() > limits.diskBytes) {
        const [oldest] = segments;
        if (oldest === undefined) break;
        await remove(oldest);
      }
      return segments[0]?.first ?? next;
    },
    async close() {
      await closeCurrent();
    },
  };
  return { journal, left };
};
