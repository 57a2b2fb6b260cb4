import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { ConfigError } from './config/error.ts';
import { type Config, optionOf } from './config/options.ts';
import { outlook } from './doctor/outlook.ts';
import { createExportCounters } from './export/counters.ts';
import { createLineSink } from './export/line-sink.ts';
import { loadOtel } from './export/otel.ts';
import { createOtlpJsonLine } from './export/otlp-json.ts';
import { parseOtlpLine } from './export/otlp-parse.ts';
import { createToReadable, defaultAttributeLimits } from './export/otlp-span.ts';
import type { ExportLog, Sink } from './export/sink.ts';
import type { Clock } from './foundation/clock.ts';
import type { Timers } from './foundation/timers.ts';
import type { Health } from './health.ts';
import type { LiveSource } from './live-source.ts';
import type { Pipeline } from './pipeline.ts';
import type { Readiness } from './readiness.ts';
import { openFolderLines } from './store/folder-lines.ts';
import { createStoreCounters, defaultStoreLimits } from './store/limits.ts';
import type { Lines } from './store/lines.ts';
import { createMemoryLines } from './store/memory-lines.ts';
import { createStore } from './store/store.ts';
import { isLocal, type PageAddress, parsePageAddress } from './web/address.ts';
import type { OutlookJson } from './web/api.ts';
import { builtPage, loadAssets } from './web/assets.ts';
import type { Dataset } from './web/dataset.ts';
import { createPageCounters, defaultPageLimits } from './web/limits.ts';
import { PageError } from './web/listen.ts';
import { type MutualTls, openPageServer, type PageServer } from './web/page-server.ts';

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
  /** Where the spans go that the page shows; null: the store's files are read. */
  readonly sink: Sink | null;
  watching(source: LiveSource): void;
  /** Where the page is; null: nowhere. */
  url(): string | null;
  /** Serves it where, and to whom, the configuration says now: tokens and certificates are read anew. Throws ConfigError. */
  reconfigure(config: Config): Promise<void>;
  close(): Promise<void>;
}

interface PagePlace {
  readonly address: PageAddress;
  readonly token: string | null;
  readonly tls: MutualTls | null;
}

const leastToken = 16;

type PageFile = 'page-token-file' | 'page-certificate' | 'page-key' | 'page-client-ca';

const contentOf = async (config: Config, name: PageFile): Promise<Buffer> => {
  const path = config[name] ?? '';
  try {
    return await readFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${name}: cannot read "${path}": ${why}`, `--${name} ${optionOf(name).example}`);
  }
};

const tokenOf = async (config: Config): Promise<string | null> => {
  const path = config['page-token-file'];
  if (path === null) return null;
  const token = (await contentOf(config, 'page-token-file')).toString().trim();
  if (token.length >= leastToken) return token;
  throw new ConfigError(
    `page-token-file: what "${path}" holds is shorter than ${leastToken} characters`,
    `head -c 24 /dev/urandom | base64 > ${path}`,
  );
};

const certificates = async (config: Config): Promise<MutualTls | null> => {
  const { 'page-key': key, 'page-certificate': certificate, 'page-client-ca': authorities } = config;
  if (key === null && certificate === null && authorities === null) return null;
  if (key === null || certificate === null || authorities === null) {
    throw new ConfigError(
      'page-certificate, page-key and page-client-ca are given only in part; allowed: all three together',
      '--page-certificate page.pem --page-key page.key --page-client-ca clients.pem',
    );
  }
  return {
    key: await contentOf(config, 'page-key'),
    certificate: await contentOf(config, 'page-certificate'),
    clientAuthorities: await contentOf(config, 'page-client-ca'),
  };
};

/** Null: no page is asked for. Throws ConfigError where what is asked for would be open to others. */
const placeOf = async (config: Config): Promise<PagePlace | null> => {
  if (config['page-listen'] === 'off') return null;
  const address = parsePageAddress(config['page-listen']);
  if (address === null) {
    throw new ConfigError(
      `page-listen: "${config['page-listen']}" is no address; allowed: HOST:PORT, unix:///PATH, off`,
      '--page-listen 127.0.0.1:9465',
    );
  }
  const token = await tokenOf(config);
  const tls = await certificates(config);
  if (token === null && tls === null && !isLocal(address)) {
    throw new ConfigError(
      `page-listen: on ${config['page-listen']} whoever reaches this machine could look: the page names pods, images and errors; allowed: with a token (page-token-file) or certificates (page-certificate, page-key, page-client-ca), or on 127.0.0.1`,
      '--page-listen 127.0.0.1:9465',
    );
  }
  return { address, token, tls };
};

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

/** The agent's page: what it finds, out of its store where it keeps one, else out of memory. Null: none is asked for. */
export const openPageService = async (options: PageServiceOptions): Promise<PageService | null> => {
  const { config, version, clock, log, health, pipeline, readiness, timers } = options;
  const place = await placeOf(config);
  if (place === null) return null;

  const storeDir = config['store-dir'];
  const counters = createStoreCounters();
  health.add('page_index', counters);
  let lines: Lines;
  let sink: Sink | null = null;
  if (storeDir === null) {
    const memory = createMemoryLines();
    const toReadable = createToReadable(
      await loadOtel(),
      version,
      defaultAttributeLimits,
      createExportCounters(),
    );
    sink = createLineSink({
      line: await createOtlpJsonLine(toReadable),
      add: memory.add,
      timers,
    });
    health.add('page_memory', memory.counters);
    lines = memory;
  } else lines = await openFolderLines(storeDir, defaultStoreLimits, counters);
  const store = createStore({ lines, parse: parseOtlpLine, counters });

  let source: LiveSource | null = null;
  const lostBytes = (): number => {
    if (source === null) return 0;
    return source.mode === 'proxy'
      ? source.counters.lostBytes + source.counters.unobservedBytes
      : source.counters.lostBytes;
  };
  const outlookNow = (): OutlookJson | null =>
    source === null ? null : { mode: source.mode, parts: readiness.parts(), ...outlookOf(source, readiness) };
  const dataset: Dataset = {
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
  };

  const page = createPageCounters();
  health.add('page', page);
  let faults = 0;
  const assets = await loadAssets(builtPage);
  const open = async (at: PagePlace): Promise<PageServer | null> => {
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
  let served = place;
  let server = await open(place);
  return {
    sink,
    watching(live) {
      source = live;
    },
    url: () => server?.url ?? server?.address ?? null,
    async reconfigure(next) {
      const asked = await placeOf(next);
      // Whether there is a page is decided at the start.
      if (asked === null || (server !== null && isDeepStrictEqual(asked, served))) return;
      served = asked;
      await server?.close();
      server = await open(asked);
      if (server !== null) log('info', `the page: ${server.url ?? server.address}`);
    },
    async close() {
      await server?.close();
      await store.close();
    },
  };
};
