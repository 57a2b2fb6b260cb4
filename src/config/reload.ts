import { type Config, type OptionName, optionNames, optionOf } from './options.ts';

/** Why a running agent keeps an option as it was; null: it takes a new value up at once. */
type WhyItWaits = string | null;

const watching = 'what is watched is attached as it was at the start';
const inPath = 'callers are connected through it';

/** Every option, so that none is forgotten. */
const waits: Readonly<Record<OptionName, WhyItWaits>> = {
  source: watching,
  'runtime-endpoint': watching,
  'image-endpoint': watching,
  'crictl-config': watching,
  listen: inPath,
  'image-listen': inPath,
  'kernel-events': 'programs are loaded into the kernel once',
  'ring-size': 'the kernel made the ring at the start',
  'host-id': 'the ids of all spans are derived from it',
  'node-name': null,
  'cluster-name': null,
  'resource-attributes': null,
  'otlp-endpoint': null,
  'traces-exporter': null,
  'otlp-disabled': null,
  'otlp-protocol': null,
  'otlp-headers': null,
  'otlp-insecure': null,
  'otlp-certificate': null,
  'otlp-client-key': null,
  'otlp-client-certificate': null,
  'otlp-compression': null,
  'otlp-timeout': null,
  'spool-dir': 'spans wait in the folder as it was',
  'spool-spans': null,
  'otlp-batch': null,
  'otlp-delay': null,
  'spool-disk': null,
  'store-dir': null,
  'store-file-size': null,
  'store-files': null,
  'store-file-age': null,
  sampling: null,
  'round-interval': null,
  'round-slow': null,
  'page-listen': null,
  'page-token-file': null,
  'page-certificate': null,
  'page-key': null,
  'page-client-ca': null,
  'metrics-exporter': null,
  'metrics-host': null,
  'metrics-port': null,
  'metrics-interval': null,
  'stop-timeout': null,
  nice: 'a priority once given up is not had again without a right of its own',
  'log-level': null,
};

const withoutDisk = 'with 0 the spool has no folder, which is decided at the start';

export const whyItWaits = (name: OptionName): WhyItWaits => waits[name];

/** Each reason once. */
export const reloadReasons = (): readonly string[] => [
  ...new Set(Object.values(waits).filter((why) => why !== null)),
];

const whyBetween = (name: OptionName, before: Config, after: Config): WhyItWaits =>
  name === 'spool-disk' && (before[name] === 0) !== (after[name] === 0) ? withoutDisk : waits[name];

export interface Waiting {
  readonly name: OptionName;
  readonly why: string;
}

export interface ConfigChanges {
  /** Options that have another value and count from now on. */
  readonly taken: readonly OptionName[];
  /** Options that have another value and wait for a restart. */
  readonly waiting: readonly Waiting[];
}

const written = (name: OptionName, config: Config): string =>
  JSON.stringify(config[name] === null ? null : optionOf(name).value.format(config[name]));

export const changesBetween = (before: Config, after: Config): ConfigChanges => {
  const taken: OptionName[] = [];
  const waiting: Waiting[] = [];
  for (const name of optionNames) {
    if (written(name, before) === written(name, after)) continue;
    const why = whyBetween(name, before, after);
    if (why === null) taken.push(name);
    else waiting.push({ name, why });
  }
  return { taken, waiting };
};

/** What counts now: the values before, but for those that are taken up. */
export const takeUp = (before: Config, after: Config): Config => {
  const { taken } = changesBetween(before, after);
  return { ...before, ...Object.fromEntries(taken.map((name) => [name, after[name]])) };
};
