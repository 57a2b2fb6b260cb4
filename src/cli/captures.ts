import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dataset } from '../web/dataset.ts';
import type { PageLimits } from '../web/limits.ts';
import { PageError } from '../web/listen.ts';
import type { Datasets } from '../web/routes.ts';
import { CliError, type CommandContext } from './command.ts';
import { openStored, type Stored } from './open-stored.ts';

export interface OpenCaptures extends Datasets {
  /** Takes in what was dropped on the page; throws PageError where it cannot be read. */
  take(body: NodeJS.ReadableStream, name: string): Promise<Dataset>;
  close(): Promise<void>;
}

const bounded = (limit: number): Transform => {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limit)
        done(
          new PageError(
            `it is larger than ${Math.round(limit / 1024 ** 2)} MiB: open it with critrace ui FILE`,
          ),
        );
      else done(null, chunk);
    },
  });
};

const datasetOf = (id: string, label: string, { kind, store }: Stored): Dataset => ({
  id,
  kind,
  label,
  growing: kind !== 'capture',
  store,
  live: null,
});

/** What `critrace ui` shows: what it was started with, and the last captures that were dropped on it. */
export const createCaptures = (
  first: Stored | null,
  limits: PageLimits,
  context: CommandContext,
): OpenCaptures => {
  const given = first === null ? [] : [datasetOf('0', first.path, first)];
  let dropped: readonly Dataset[] = [];
  let next = 1;
  let taking: Promise<unknown> = Promise.resolve();

  const read = async (body: NodeJS.ReadableStream, name: string): Promise<Dataset> => {
    const folder = await mkdtemp(join(tmpdir(), 'critrace-ui-'));
    const label = basename(name).slice(0, 200);
    const file = join(folder, label.endsWith('.gz') ? 'dropped.jsonl.gz' : 'dropped.jsonl');
    try {
      await pipeline(body, bounded(limits.captureBytes), createWriteStream(file, { mode: 0o600 }));
      const stored = await openStored(file, null, context);
      // Of a file that is removed the lines could not be read again.
      if (stored.kind !== 'capture')
        throw new PageError('it holds spans and is no capture: open its folder with critrace ui FOLDER');
      const dataset = datasetOf(String(next++), label, stored);
      dropped = [...dropped, dataset].slice(-limits.captures);
      return dataset;
    } catch (error) {
      if (error instanceof CliError) throw new PageError(error.message.replaceAll(file, label));
      throw error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  const list = (): readonly Dataset[] => [...given, ...dropped];
  return {
    list,
    find: (id) => list().find((dataset) => id === null || dataset.id === id) ?? null,
    take(body, name) {
      // One after the other: each is as much work as a replay.
      const taken = taking.then(() => read(body, name));
      taking = taken.catch(() => undefined);
      return taken;
    },
    async close() {
      for (const { store } of list()) await store.close();
    },
  };
};
