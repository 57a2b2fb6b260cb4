import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config/options.ts';
import { outlook } from './doctor/outlook.ts';
import { createExportCounters } from './export/counters.ts';
import { createLineSink } from './export/line-sink.ts';
import { loadOtel } from './export/otel.ts';
import { createOtlpJsonLine } from './export/otlp-json.ts';
import { parseOtlpLine } from './export/otlp-parse.ts';
import { createToReadable } from './export/otlp-span.ts';
import type { ExportLog, Sink } from './export/sink.ts';
import { defaultSpanLimits } from './export/span-limits.ts';
import type { Clock } from './foundation/clock.ts';
import type { Timers } from './foundation/timers.ts';
import type { Health } from './health.ts';
import type { LiveSource } from './live-source.ts';
import { type PagePlace, placeOf } from './page-place.ts';
import type { Pipeline } from './pipeline.ts';
import type { Readiness } from './readiness.ts';
import { openFolderLines } from './store/folder-lines.ts';
import { createStoreCounters, defaultStoreLimits } from './store/limits.ts';
import { createMemoryLines } from './store/memory-lines.ts';
import { createStore, type Store } from './store/store.ts';
import type { OutlookJson } from './web/api.ts';
import { type Asset, builtPage, loadAssets } from './web/assets.ts';
import type { Dataset } from './web/dataset.ts';
import { createPageCounters, defaultPageLimits } from './web/limits.ts';
import { PageError } from './web/listen.ts';
import { openPageServer, type PageServer } from './web/page-server.ts';

export interface PageServiceOptions {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly log: ExportLog;
  readonly health: Health;
  readonly pipeline: Pick<Pipeline, 'inFlight'>;
  readonly readiness: Readiness;
  readonly timers: Timers;
}

export interface PageService {
  /** Where the spans go that the page shows; null: there is no page, or the store's files are read. */
  sink(): Sink | null;
  watching(source: LiveSource): void;
  /** Where the page is; null: nowhere. */
  url(): string | null;
  /**
   * Reads what the configuration says now, tokens and certificates too, and throws ConfigError where that cannot be. What
   * it gives serves the page so: there, to them, of that store.
   */
  prepare(config: Config): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** The part of its readiness that is no socket. */
const observerPart = 'observer';

/** What `doctor` would say of a source that is in its place, without trying anything again. */
const outlookOf = (source: LiveSource, readiness: Readiness): Pick<OutlookJson, 'sees' | 'seesNot'> =>
  outlook({
    chosen: source.mode,
    sources: [{ source: source.mode, works: true, why: null }],
    programs: source.mode === 'tap' ? source.programs : [],
    connected: null,
    endpoints: readiness
      .parts()
      .filter(({ part }) => part !== observerPart)
      .map(({ part, problem }) => ({ path: part, connect: problem === null ? 'connected' : problem })),
    kubelet: null,
  });

/** What the page shows: of the store where the agent keeps one, else of memory. */
interface Shown {
  readonly storeDir: string | null;
  readonly store: Store;
  readonly sink: Sink | null;
}

/** The agent's page: what it finds, out of its store where it keeps one, else out of memory. */
export const openPageService = async (options: PageServiceOptions): Promise<PageService> => {
  const { config, version, clock, log, health, pipeline, readiness, timers } = options;
  const page = createPageCounters();

  const show = async (storeDir: string | null): Promise<Shown> => {
    const counters = createStoreCounters();
    health.add('page', page);
    health.add('page_index', counters);
    if (storeDir !== null) {
      const lines = await openFolderLines(storeDir, defaultStoreLimits, counters);
      return { storeDir, store: createStore({ lines, parse: parseOtlpLine, counters }), sink: null };
    }
    const memory = createMemoryLines();
    health.add('page_memory', memory.counters);
    const toReadable = createToReadable(await loadOtel(), version, defaultSpanLimits, createExportCounters());
    const sink = createLineSink({ line: await createOtlpJsonLine(toReadable), add: memory.add, timers });
    return { storeDir, store: createStore({ lines: memory, parse: parseOtlpLine, counters }), sink };
  };

  let source: LiveSource | null = null;
  const lostBytes = (): number => {
    if (source === null) return 0;
    return source.mode === 'proxy'
      ? source.counters.lostBytes + source.counters.unobservedBytes
      : source.counters.lostBytes;
  };
  const outlookNow = (): OutlookJson | null =>
    source === null ? null : { mode: source.mode, parts: readiness.parts(), ...outlookOf(source, readiness) };
  const datasetOf = (store: Store): Dataset => ({
    id: '0',
    kind: 'agent',
    label: config['runtime-endpoint'] ?? 'this machine',
    growing: true,
    store,
    live: {
      now: () => clock.now(),
      inFlight: pipeline.inFlight,
      health: health.snapshot,
      lostBytes,
      outlook: outlookNow,
    },
  });

  let faults = 0;
  let assets: ReadonlyMap<string, Asset> | null = null;
  const serve = async (at: PagePlace, store: Store): Promise<PageServer | null> => {
    assets ??= await loadAssets(builtPage);
    const dataset = datasetOf(store);
    try {
      return await openPageServer({
        ...at,
        version,
        assets,
        datasets: {
          list: () => [dataset],
          find: (id) => (id === null || id === dataset.id ? dataset : null),
        },
        takeCapture: null,
        clock,
        timers,
        limits: defaultPageLimits,
        counters: page,
        onFault(error) {
          faults += 1;
          if (faults <= 10)
            log('error', `the page: ${error instanceof Error ? error.message : String(error)}`);
        },
      });
    } catch (error) {
      // Not fatal: what is watched for is the calls.
      if (!(error instanceof PageError)) throw error;
      log('warn', error.message);
      return null;
    }
  };

  let place: PagePlace | null = null;
  let shown: Shown | null = null;
  let server: PageServer | null = null;
  const turnTo = async (asked: PagePlace | null, storeDir: string | null): Promise<void> => {
    const isShown = shown !== null && asked !== null && shown.storeDir === storeDir;
    if (isShown && server !== null && isDeepStrictEqual(asked, place)) return;
    await server?.close();
    server = null;
    place = asked;
    if (!isShown) {
      const gone = shown;
      shown = null;
      await gone?.sink?.close();
      await gone?.store.close();
      for (const part of ['page', 'page_index', 'page_memory']) health.remove(part);
    }
    if (asked === null) return;
    shown ??= await show(storeDir);
    server = await serve(asked, shown.store);
  };

  await turnTo(await placeOf(config), config['store-dir']);
  return {
    sink: () => shown?.sink ?? null,
    watching(live) {
      source = live;
    },
    url: () => server?.url ?? server?.address ?? null,
    async prepare(next) {
      const asked = await placeOf(next);
      return async () => {
        const before = server;
        await turnTo(asked, next['store-dir']);
        if (server !== null && server !== before) log('info', `the page: ${server.url ?? server.address}`);
      };
    },
    async close() {
      await server?.close();
      await shown?.store.close();
    },
  };
};
