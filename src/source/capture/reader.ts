import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { SourceEvent } from '../event.ts';
import { createCaptureConnections } from './connections.ts';
import { CaptureError } from './error.ts';
import { isGzip } from './gzip-member.ts';
import { type CaptureHeader, parseHeader } from './header.ts';
import { inflate, type PlainPiece } from './inflate.ts';
import {
  type CaptureCounters,
  type CaptureLimits,
  createCaptureCounters,
  defaultCaptureLimits,
} from './limits.ts';
import { parseLine } from './line.ts';
import { createLineSplitter } from './lines.ts';

export interface CaptureReader {
  readonly header: CaptureHeader;
  /** SHA-256 of the header's line, hex: names the recording. */
  readonly headerHash: string;
  readonly counters: CaptureCounters;
  /** Once. */
  events(): AsyncIterable<readonly SourceEvent[]>;
  /** Lets go of the input before its end. */
  close(): Promise<void>;
}

/** Bytes asked for at a time; also what one step of inflation may blow up, at most a thousandfold. */
const readBytes = 32 * 1024;

/** A file, or bytes from elsewhere with a name for messages. */
export type CaptureInput =
  | { readonly path: string }
  | { readonly stream: AsyncIterable<Uint8Array>; readonly name: string };

const nameOf = (input: CaptureInput): string => ('path' in input ? input.path : input.name);

async function* chunks(input: CaptureInput): AsyncGenerator<Buffer> {
  const source: AsyncIterable<Uint8Array> =
    'path' in input ? createReadStream(input.path, { highWaterMark: readBytes }) : input.stream;
  try {
    for await (const chunk of source)
      for (let at = 0; at < chunk.length; at += readBytes)
        yield Buffer.from(chunk.buffer, chunk.byteOffset + at, Math.min(readBytes, chunk.length - at));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CaptureError('missing', `${nameOf(input)}: cannot be read: ${why}`, { cause });
  }
}

/** Gzip or plain, by the first bytes and not by the name. */
async function* plainPieces(input: CaptureInput): AsyncGenerator<PlainPiece> {
  const bytes = chunks(input);
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await bytes.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    yield head;
    yield* bytes;
  }
  try {
    if (isGzip(head)) yield* inflate(all());
    else for await (const chunk of all()) yield { kind: 'bytes', bytes: chunk };
  } finally {
    await bytes.return(undefined);
  }
}

/** Batches of whole lines. The line begun when the input ends is handed on too, if it looks complete. */
async function* lineBatches(
  input: CaptureInput,
  limits: CaptureLimits,
  counters: CaptureCounters,
): AsyncGenerator<readonly string[]> {
  const splitter = createLineSplitter(limits.maxLineBytes);
  for await (const piece of plainPieces(input)) {
    if (piece.kind === 'break') {
      if (piece.reason === 'corrupt') {
        counters.corruptions += 1;
        splitter.discard();
      } else counters.cut = 1;
      continue;
    }
    const lines: string[] = [];
    for (const line of splitter.push(piece.bytes)) {
      if (line === null) counters.longLines += 1;
      else lines.push(line.toString('utf8'));
    }
    if (lines.length > 0) yield lines;
  }
  const rest = splitter.rest()?.toString('utf8') ?? '';
  if (/^\s*$/.test(rest)) return;
  if (rest.trimEnd().endsWith('}') && parseLine(rest).e !== 'bad') yield [rest];
  else counters.cut = 1;
}

/** Reads the header; the events are read as they are asked for. Rejects with a CaptureError. */
export const openCapture = async (
  input: CaptureInput,
  options: { readonly limits?: CaptureLimits; readonly counters?: CaptureCounters } = {},
): Promise<CaptureReader> => {
  const limits = options.limits ?? defaultCaptureLimits;
  const counters = options.counters ?? createCaptureCounters();
  const batches = lineBatches(input, limits, counters);
  const first = await batches.next();
  const [headerLine = '', ...rest] = first.done === true ? [] : first.value;
  const header = await (async () => {
    try {
      // A byte order mark is what some editors leave.
      return parseHeader(headerLine.replace(/^\ufeff/, ''), nameOf(input));
    } catch (error) {
      await batches.return(undefined);
      throw error;
    }
  })();
  const connections = createCaptureConnections(header, limits, counters);

  const decode = (lines: readonly string[]): SourceEvent[] => {
    const events: SourceEvent[] = [];
    for (const line of lines) {
      if (line === '' || line === '\r') continue;
      counters.lines += 1;
      connections.line(parseLine(line), events);
    }
    counters.events += events.length;
    return events;
  };
  async function* events(): AsyncGenerator<readonly SourceEvent[]> {
    const batch = decode(rest);
    if (batch.length > 0) yield batch;
    for await (const lines of batches) {
      const batch = decode(lines);
      if (batch.length > 0) yield batch;
    }
  }
  return {
    header,
    headerHash: createHash('sha256').update(headerLine).digest('hex'),
    counters,
    events,
    async close() {
      await batches.return(undefined);
    },
  };
};
