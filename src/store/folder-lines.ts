import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { StoreCounters, StoreLimits } from './limits.ts';
import type { Lines, OnLine, Place } from './lines.ts';
import { wholeLinesFrom } from './whole-lines.ts';

interface Segment {
  readonly number: number;
  /** Inode and time of birth: a file that is renamed stays the same, another of its name does not. */
  readonly identity: string;
  path: string;
  size: number;
  /** Up to here its lines were handed on. */
  read: number;
  /** False: `read` may lie inside a line. */
  atLine: boolean;
}

/** Closed files carry the time at which they were closed, so they sort by age; the open one has no time and is the last. */
const byAge = (one: string, other: string): number => {
  const rank = (name: string): string =>
    /-\d{8}T\d{6}\.\d{9}Z\.jsonl$/.test(name) ? `0${name}` : `1${name}`;
  return rank(one) < rank(other) ? -1 : 1;
};

const isFileError = (error: unknown): boolean => error instanceof Error && 'code' in error;

/**
 * The lines of a store's folder, or of one file, while another process may write to it, rotate and remove files. Throws
 * what looking into the path does the first time; afterwards what cannot be read is counted.
 */
export const openFolderLines = async (
  path: string,
  limits: Pick<StoreLimits, 'rebuildBytes' | 'lineBytes'>,
  counters: StoreCounters,
): Promise<Lines> => {
  const isFolder = (await stat(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  let segments: Segment[] = [];
  let nextNumber = 0;
  let rebuilt = false;

  const names = async (): Promise<string[]> =>
    isFolder
      ? (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).sort(byAge)
      : [basename(path)];

  const look = async (): Promise<void> => {
    const found: Segment[] = [];
    for (const name of await names()) {
      const file = join(folder, name);
      const status = await stat(file).catch(() => null);
      if (status === null || !status.isFile()) continue;
      const identity = `${status.ino} ${status.birthtimeMs}`;
      const known = segments.find((segment) => segment.identity === identity);
      if (known !== undefined && status.size >= known.read) {
        known.path = file;
        known.size = status.size;
        found.push(known);
        continue;
      }
      if (known !== undefined) counters.filesCut += 1;
      found.push({ number: nextNumber++, identity, path: file, size: status.size, read: 0, atLine: true });
    }
    counters.filesGone += segments.filter((segment) => !found.includes(segment)).length;
    segments = found;
  };

  /** The newest bytes within the bound; where it ends inside a file, that file is read from there. */
  const bound = (): void => {
    let left = limits.rebuildBytes;
    for (const segment of [...segments].reverse()) {
      const skipped = Math.max(0, segment.size - left);
      left -= segment.size - skipped;
      if (skipped === 0) continue;
      counters.bytesNotIndexed += skipped;
      segment.read = skipped;
      segment.atLine = false;
    }
  };

  const readOn = async (segment: Segment, onLine: OnLine): Promise<void> => {
    const file = await open(segment.path, 'r');
    try {
      for await (const line of wholeLinesFrom(
        file,
        { offset: segment.read, atLine: segment.atLine },
        limits.lineBytes,
      )) {
        segment.read = line.offset + line.bytes + 1;
        segment.atLine = true;
        if (line.text === null) counters.oversizeLines += 1;
        else onLine({ segment: segment.number, offset: line.offset, bytes: line.bytes }, line.text);
        // A line is some milliseconds of work: whoever relays calls in this process gets its turn.
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      await file.close();
    }
  };

  await look();
  return {
    async refresh(onLine) {
      if (rebuilt) await look();
      else bound();
      rebuilt = true;
      for (const segment of segments) {
        if (segment.size === segment.read) continue;
        try {
          await readOn(segment, onLine);
        } catch (error) {
          // It may have been renamed or removed since: the next look tells.
          if (!isFileError(error)) throw error;
          counters.fileErrors += 1;
        }
      }
    },
    async read({ segment: number, offset, bytes }: Place) {
      const segment = segments.find((candidate) => candidate.number === number);
      if (segment === undefined) return null;
      let file: FileHandle | null = null;
      try {
        file = await open(segment.path, 'r');
        const status = await file.stat();
        // Renamed since the last look.
        if (`${status.ino} ${status.birthtimeMs}` !== segment.identity) return null;
        const buffer = Buffer.alloc(bytes);
        const { bytesRead } = await file.read(buffer, 0, bytes, offset);
        return bytesRead === bytes ? buffer.toString('utf8') : null;
      } catch (error) {
        if (!isFileError(error)) throw error;
        counters.fileErrors += 1;
        return null;
      } finally {
        await file?.close();
      }
    },
    isGone: (number) => !segments.some((segment) => segment.number === number),
    close: async () => undefined,
  };
};
