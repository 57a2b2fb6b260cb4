import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../foundation/clock.ts';
import { type Nanos, nanosPerMillisecond, toRfc3339 } from '../foundation/time.ts';
import type { Timers } from '../foundation/timers.ts';
import type { Span } from '../spans/span.ts';
import type { ExportCounters } from './counters.ts';
import type { OtlpJsonLine } from './otlp-json.ts';
import type { ExportLog, Sink } from './sink.ts';
import { wholeLines } from './torn-line.ts';

export interface FileLimits {
  /** The file is closed and another begun when it would grow beyond this, or is older than `rotateAfterMs`. */
  readonly fileBytes: number;
  readonly rotateAfterMs: number;
  /** Closed files kept beside the open one; the oldest is deleted first. */
  readonly keptFiles: number;
  /** Spans that wait to be written; beyond it the newest are dropped. */
  readonly queuedSpans: number;
  /** How long spans wait for others to share their line, and with it their resources. */
  readonly delayMs: number;
  readonly lineSpans: number;
}

export const defaultFileLimits: FileLimits = {
  fileBytes: 64 * 1024 * 1024,
  rotateAfterMs: 24 * 3_600_000,
  keptFiles: 8,
  queuedSpans: 65_536,
  delayMs: 500,
  lineSpans: 512,
};

export interface FileSinkOptions {
  readonly path: string;
  readonly line: OtlpJsonLine;
  readonly limits: FileLimits;
  readonly counters: ExportCounters;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: ExportLog;
}

/** `traces.jsonl` is closed as `traces-20261124T031105.123456789Z.jsonl`: the names sort by time. */
const closedName = (name: string, at: Nanos): string => {
  const { stem, suffix } = split(name);
  return `${stem}-${toRfc3339(at).replace(/[-:]/g, '')}${suffix}`;
};

const split = (name: string): { stem: string; suffix: string } => {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? { stem: name.slice(0, dot), suffix: name.slice(dot) } : { stem: name, suffix: '' };
};

const isClosed = (name: string, candidate: string): boolean => {
  const { stem, suffix } = split(name);
  return (
    candidate.startsWith(`${stem}-`) &&
    candidate.endsWith(suffix) &&
    /^\d{8}T\d{6}\.\d{9}Z$/.test(candidate.slice(stem.length + 1, candidate.length - suffix.length))
  );
};

interface OpenFile {
  readonly handle: FileHandle;
  readonly since: Nanos;
  bytes: number;
}

/**
 * Spans as OTLP/JSON lines in a file, 0600, with rotation: the store at rest. A write goes to the page cache, which
 * outlives the process; a file is synchronised with the disk when it is closed. A line that a crash tore is cut off
 * at the next start. Throws what opening the file does.
 */
export const openFileSink = async (options: FileSinkOptions): Promise<Sink> => {
  const { path, limits, counters, clock, timers, log } = options;
  const directory = dirname(path);
  let waiting: Span[] = [];
  let cancelDelay: (() => void) | null = null;
  let work: Promise<void> = Promise.resolve();
  let closed = false;
  let told = false;

  const openFile = async (): Promise<OpenFile> => {
    const handle = await open(path, 'a+', 0o600);
    await handle.chmod(0o600);
    const { whole, torn } = await wholeLines(handle);
    if (torn > 0) {
      await handle.truncate(whole);
      counters.fileTornBytes += torn;
      log('warn', `${path}: ${torn} bytes of a line that a crash cut short were removed`);
    }
    return { handle, since: clock.monotonic(), bytes: whole };
  };
  let file: OpenFile | null = await openFile();

  const closeFile = async (): Promise<void> => {
    const closing = file;
    file = null;
    if (closing === null) return;
    try {
      await closing.handle.datasync();
    } finally {
      await closing.handle.close();
    }
  };

  const rotate = async (): Promise<void> => {
    await closeFile();
    await rename(path, join(directory, closedName(basename(path), clock.now())));
    counters.fileRotations++;
    const kept = (await readdir(directory)).filter((name) => isClosed(basename(path), name)).sort();
    for (const name of kept.slice(0, Math.max(0, kept.length - limits.keptFiles)))
      await unlink(join(directory, name));
  };

  const isDue = ({ bytes, since }: OpenFile, more: number): boolean =>
    bytes > 0 &&
    (bytes + more > limits.fileBytes ||
      clock.monotonic() - since > BigInt(limits.rotateAfterMs) * nanosPerMillisecond);

  const append = async (spans: readonly Span[]): Promise<void> => {
    try {
      const line = options.line(spans);
      if (file !== null && isDue(file, line.length)) await rotate();
      file ??= await openFile();
      const { bytesWritten } = await file.handle.write(line);
      if (bytesWritten < line.length) {
        await file.handle.truncate(file.bytes);
        throw new Error(`wrote ${bytesWritten} of ${line.length} bytes`);
      }
      file.bytes += line.length;
      counters.fileBytes += line.length;
      counters.fileSpans += spans.length;
    } catch (error) {
      counters.fileErrors++;
      counters.fileDropped += spans.length;
      await closeFile().catch(() => {});
      if (!told)
        log('error', `${path}: ${error instanceof Error ? error.message : String(error)}; spans are lost`);
      told = true;
    }
  };

  const writeOut = (): Promise<void> => {
    cancelDelay?.();
    cancelDelay = null;
    work = work.then(async () => {
      while (waiting.length > 0) {
        const spans = waiting.slice(0, limits.lineSpans);
        waiting = waiting.slice(limits.lineSpans);
        await append(spans);
      }
    });
    return work;
  };

  return {
    findings(batch) {
      for (const { finding, spans } of batch) {
        if (spans.length === 0) continue;
        if (finding.kind === 'call' && finding.call.revision > 0) counters.revised += spans.length;
        else if (closed || waiting.length >= limits.queuedSpans) counters.fileDropped += spans.length;
        else waiting.push(...spans);
      }
      if (waiting.length >= limits.lineSpans) void writeOut();
      else if (waiting.length > 0) cancelDelay ??= timers.after(limits.delayMs, () => void writeOut());
    },
    async ready() {
      if (waiting.length >= limits.queuedSpans / 2) await writeOut();
    },
    flush: writeOut,
    async close() {
      closed = true;
      await writeOut();
      await closeFile().catch(() => {
        counters.fileErrors++;
      });
    },
  };
};
