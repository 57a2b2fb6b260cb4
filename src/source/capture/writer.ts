import { unlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Nanos } from '../../foundation/time.ts';
import type { SourceEvent } from '../event.ts';
import { createCaptureEncoder } from './encoder.ts';
import { CaptureError } from './error.ts';
import { createPrivateFile, partPath } from './file.ts';

export interface CaptureWriterLimits {
  /** Text of one gzip member. Each can be read without the others. */
  readonly maxBlockBytes: number;
  /** How long an event may wait in memory: what a crash can lose. */
  readonly flushEveryMs: number;
  /** Text on its way to the disk before `write` makes its caller wait. */
  readonly maxPendingBytes: number;
}

export const defaultCaptureWriterLimits: CaptureWriterLimits = {
  maxBlockBytes: 512 * 1024,
  flushEveryMs: 1000,
  maxPendingBytes: 8 * 1024 * 1024,
};

export interface CaptureWriterCounters {
  events: number;
  /** Lines as text, before compression. */
  textBytes: number;
  fileBytes: number;
  files: number;
  removedFiles: number;
}

export const createCaptureWriterCounters = (): CaptureWriterCounters => ({
  events: 0,
  textBytes: 0,
  fileBytes: 0,
  files: 0,
  removedFiles: 0,
});

export interface CaptureWriterOptions {
  /** Compressed if it ends in `.gz`. */
  readonly path: string;
  /** Replace the file if there is one. */
  readonly force: boolean;
  readonly socket: string;
  readonly note: string | null;
  /** What wrote it, as `critrace 0.1.0`. */
  readonly writer: string;
  /** When the recording began: tells it from others with the same socket and note. */
  readonly started: Nanos;
  /** More keys of the header. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** A file of at least this size is followed by another one; null: one file. */
  readonly rotateBytes: number | null;
  /** The newest so many files of this recording stay; null: all. */
  readonly keepFiles: number | null;
  readonly limits?: CaptureWriterLimits;
  readonly counters?: CaptureWriterCounters;
}

/**
 * Appends events to a capture. After a crash all but the last second is there, as far as the kernel had written it:
 * the disk is waited for (fdatasync) at the end of each file only.
 */
export interface CaptureWriter {
  readonly counters: CaptureWriterCounters;
  /**
   * Takes the events at once, their bytes are free afterwards; resolves when there is room for more, so that a slow
   * disk is felt by the source, whose queue knows what it leaves out. Rejects with a CaptureError.
   */
  write(events: readonly SourceEvent[]): Promise<void>;
  /** Resolves when all that was written is with the kernel. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const compress = promisify(gzip);

/** Rejects with a CaptureError when the file is there already, or cannot be. */
export const createCaptureWriter = async (options: CaptureWriterOptions): Promise<CaptureWriter> => {
  const { path, force, socket, note, writer, started, rotateBytes, keepFiles } = options;
  const limits = options.limits ?? defaultCaptureWriterLimits;
  const counters = options.counters ?? createCaptureWriterCounters();
  const encoder = createCaptureEncoder(socket);
  const compressed = path.endsWith('.gz');

  let part = 0;
  let file = await createPrivateFile(path, force);
  let fileBytes = 0;
  counters.files = 1;

  let block: string[] = [];
  let blockBytes = 0;
  let pendingBytes = 0;
  let failure: CaptureError | null = null;
  let stored: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;

  const header = (): string => encoder.header({ note, writer, recording: started, part, ...options.fields });

  const append = async (text: string): Promise<void> => {
    const bytes = compressed ? await compress(text) : Buffer.from(text);
    await file.appendFile(bytes);
    fileBytes += bytes.length;
    counters.fileBytes += bytes.length;
  };

  const rotate = async (resume: string): Promise<void> => {
    await file.datasync();
    await file.close();
    part += 1;
    file = await createPrivateFile(partPath(path, part), force);
    fileBytes = 0;
    counters.files += 1;
    await append(header() + resume);
    if (keepFiles === null || part < keepFiles) return;
    counters.removedFiles += 1;
    await unlink(partPath(path, part - keepFiles)).catch(() => undefined);
  };

  const store = async (text: string, resume: string): Promise<void> => {
    try {
      if (failure === null) {
        await append(text);
        if (rotateBytes !== null && fileBytes >= rotateBytes) await rotate(resume);
      }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      failure =
        cause instanceof CaptureError ? cause : new CaptureError('write', `${path}: ${why}`, { cause });
    }
    pendingBytes -= text.length;
  };

  const seal = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (block.length === 0) return;
    const text = block.join('');
    // What is open where the next file would begin: the encoder is further on when the block is stored.
    const resume = rotateBytes === null ? '' : encoder.resume();
    block = [];
    blockBytes = 0;
    pendingBytes += text.length;
    stored = stored.then(() => store(text, resume));
  };

  const put = (text: string): void => {
    counters.textBytes += text.length;
    block.push(text);
    blockBytes += text.length;
    if (blockBytes >= limits.maxBlockBytes) seal();
    else timer ??= setTimeout(seal, limits.flushEveryMs);
  };

  const settled = async (): Promise<void> => {
    await stored;
    if (failure !== null) throw failure;
  };

  put(header());
  seal();
  await settled();

  return {
    counters,
    async write(events) {
      if (failure !== null) throw failure;
      for (const event of events) put(encoder.event(event));
      counters.events += events.length;
      if (pendingBytes > limits.maxPendingBytes) await settled();
    },
    async flush() {
      seal();
      await settled();
    },
    async close() {
      seal();
      try {
        await settled();
        await file.datasync();
      } finally {
        await file.close();
      }
    },
  };
};
