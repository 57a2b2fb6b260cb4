import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Gunzip } from 'node:zlib';
import { createGunzip } from 'node:zlib';
import { parseOtlpLine } from '../export/otlp-parse.ts';
import { openFolderLines } from '../store/folder-lines.ts';
import { createStoreCounters, defaultStoreLimits, type StoreLimits } from '../store/limits.ts';
import { createMemoryLines } from '../store/memory-lines.ts';
import { createStore, type Store } from '../store/store.ts';
import { withCapture } from './capture.ts';
import { type CommandContext, usageError } from './command.ts';
import { allFindings } from './filter-flags.ts';
import { textLog } from './messages.ts';
import { createOtlpLines } from './otlp-lines.ts';
import { packageVersion } from './version.ts';

/** What spans are read from: `following` may grow while it is read. */
export interface Stored {
  readonly kind: 'store' | 'file' | 'capture';
  readonly path: string;
  readonly store: Store;
}

const mebibyte = 1024 ** 2;

/** A person waits for it: more is read than an agent reads at its start, some seconds of work. */
const limits: StoreLimits = { ...defaultStoreLimits, rebuildBytes: 1024 * mebibyte };

/** Spans of a line; a replay is cut into such. */
const lineSpans = 512;

const firstBytes = async (path: string): Promise<string> => {
  const file = createReadStream(path, { end: 64 * 1024 });
  const stream: NodeJS.ReadableStream & { destroy(): void } = path.endsWith('.gz')
    ? file.pipe<Gunzip>(createGunzip())
    : file;
  try {
    const [chunk] = await once(stream, 'data');
    return String(chunk).slice(0, 200);
  } catch {
    return '';
  } finally {
    stream.destroy();
    file.destroy();
  }
};

/** A capture through the pipeline, its spans kept in memory. */
const openCapture = async (path: string, context: CommandContext): Promise<Store> => {
  const lines = createMemoryLines({ bytes: 128 * mebibyte, blockCharacters: 512 * 1024 });
  const store = createStore({ lines, parse: parseOtlpLine, limits });
  const lineOf = await createOtlpLines(packageVersion());
  const request = { file: path, pace: null, full: false, spans: true, filters: allFindings };
  await withCapture(request, context, async ({ batches }) => {
    for await (const batch of batches) {
      const spans = batch.flatMap((exported) => exported.spans);
      for (let from = 0; from < spans.length; from += lineSpans)
        lines.add(Buffer.from(lineOf(spans.slice(from, from + lineSpans))).toString('utf8'));
      await store.refresh();
    }
  });
  return store;
};

const openLines = async (path: string): Promise<Store> => {
  const counters = createStoreCounters();
  const lines = await openFolderLines(path, limits, counters);
  const store = createStore({ lines, parse: parseOtlpLine, limits, counters });
  await store.refresh();
  return store;
};

/** What is neither a folder nor a file of OTLP/JSON lines is read as a capture, which says what is wrong with it. */
export const isCapture = async (path: string): Promise<boolean> => {
  if (path === '-') return true;
  const status = await stat(path).catch(() => null);
  if (status?.isDirectory() === true) return false;
  return status === null || !(await firstBytes(path)).trimStart().startsWith('{"resourceSpans"');
};

const example = 'critrace traces /var/lib/critrace/store';

/** A store's folder, a file of OTLP/JSON lines, or a capture. `configured` is the store of the configuration. */
export const openStored = async (
  given: string | null,
  configured: string | null,
  context: CommandContext,
): Promise<Stored> => {
  const path = given ?? configured;
  if (path === null) {
    throw usageError('which store? neither a path is given nor store-dir is configured', example);
  }
  const status = path === '-' ? null : await stat(path).catch(() => null);
  if (status === null)
    throw usageError(
      `"${path}" is not there; allowed: a store's folder, a file of it, or a capture`,
      example,
    );
  if (status.isDirectory()) return { kind: 'store', path, store: await openLines(path) };
  if (await isCapture(path)) return { kind: 'capture', path, store: await openCapture(path, context) };
  if (path.endsWith('.gz'))
    throw usageError(`"${path}" is compressed; allowed: a file of OTLP/JSON lines as it is`, example);
  return { kind: 'file', path, store: await openLines(path) };
};

/** What could not be read is said once, on stderr. */
export const warnOfDamage = ({ path, store }: Stored, context: CommandContext): void => {
  const { damagedLines, oversizeLines, bytesNotIndexed, rowsEvicted } = store.counters;
  const log = textLog(context.stderr);
  const damaged = damagedLines + oversizeLines;
  if (damaged > 0) log('warn', `${path}: ${damaged} lines could not be read`);
  if (bytesNotIndexed > 0)
    log('warn', `${path}: the oldest ${Math.round(bytesNotIndexed / mebibyte)} MiB were not looked at`);
  if (rowsEvicted > 0) log('warn', `${path}: ${rowsEvicted} of the oldest entries are beyond the index`);
};
