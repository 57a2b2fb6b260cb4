import { readFileSync } from 'node:fs';
import type { core } from '@opentelemetry/sdk-node';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface OtlpSettings {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly gzip: boolean;
  /** Null: no TLS. Null certificates: the system's roots, no client certificate. */
  readonly tls: {
    readonly rootCertificate: Buffer | null;
    readonly clientKey: Buffer | null;
    readonly clientCertificate: Buffer | null;
  } | null;
}

/** A value that cannot be used: which variable, what it says, and what it may say. */
export interface SettingProblem {
  readonly variable: string;
  readonly value: string;
  readonly allowed: string;
}

export type OtlpSettingsResult =
  | { readonly kind: 'settings'; readonly settings: OtlpSettings }
  | { readonly kind: 'problem'; readonly problem: SettingProblem };

const defaultEndpoint = 'http://localhost:4317';
const defaultTimeoutMs = 10_000;

interface Found {
  readonly variable: string;
  readonly value: string;
}

/** The variable of the signal wins over that of all signals; an empty one is as if it was not set. */
const find = (environment: Environment, name: string): Found | null => {
  for (const variable of [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`]) {
    const value = environment[variable]?.trim();
    if (value) return { variable, value };
  }
  return null;
};

const problem = ({ variable, value }: Found, allowed: string): OtlpSettingsResult => ({
  kind: 'problem',
  problem: { variable, value, allowed },
});

/** `http:` is without TLS and `https:` with; without a scheme it is TLS unless `..._INSECURE` says otherwise. */
const usesTls = (endpoint: string, insecure: Found | null): boolean =>
  endpoint.startsWith('http://')
    ? false
    : endpoint.startsWith('https://') || insecure?.value.toLowerCase() !== 'true';

const validEndpoint = (endpoint: string): boolean => {
  if (endpoint.startsWith('unix:')) return endpoint.length > 'unix:'.length;
  const url = /^\w+:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`;
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
};

const readFile = (found: Found | null): Buffer | null | 'unreadable' => {
  if (found === null) return null;
  try {
    return readFileSync(found.value);
  } catch {
    return 'unreadable';
  }
};

/** The `OTEL_EXPORTER_OTLP_*` variables. A wrong one is said, never passed over. */
export const otlpSettings = (
  environment: Environment,
  parseKeyPairs: typeof core.parseKeyPairsIntoRecord,
): OtlpSettingsResult => {
  const protocol = find(environment, 'PROTOCOL');
  if (protocol !== null && protocol.value !== 'grpc')
    return problem(protocol, 'grpc (critrace speaks OTLP over gRPC)');
  const endpoint = find(environment, 'ENDPOINT');
  if (endpoint !== null && !validEndpoint(endpoint.value))
    return problem(endpoint, 'a URL with host and port, as http://localhost:4317 or https://collector:4317');
  const timeout = find(environment, 'TIMEOUT');
  const timeoutMs = timeout === null ? defaultTimeoutMs : Number(timeout.value);
  if (timeout !== null && !(Number.isInteger(timeoutMs) && timeoutMs > 0 && timeoutMs <= 600_000))
    return problem(timeout, 'milliseconds, 1 to 600000');
  const compression = find(environment, 'COMPRESSION');
  if (compression !== null && !['gzip', 'none'].includes(compression.value))
    return problem(compression, 'gzip or none');

  const address = endpoint?.value ?? defaultEndpoint;
  const files = ['CERTIFICATE', 'CLIENT_KEY', 'CLIENT_CERTIFICATE'].map((name) => find(environment, name));
  const contents = files.map(readFile);
  const tls = usesTls(address, find(environment, 'INSECURE'));
  if (tls) {
    for (const [index, found] of files.entries()) {
      if (found !== null && contents[index] === 'unreadable')
        return problem(found, 'the path of a readable PEM file');
    }
    const [, key, certificate] = files;
    const alone = key ?? certificate ?? null;
    if (alone !== null && !(key && certificate))
      return problem(alone, 'only together: CLIENT_KEY and CLIENT_CERTIFICATE');
  }
  const content = (index: number): Buffer | null => {
    const read = contents[index];
    return read === 'unreadable' ? null : (read ?? null);
  };
  return {
    kind: 'settings',
    settings: {
      endpoint: address,
      headers: {
        ...parseKeyPairs(environment.OTEL_EXPORTER_OTLP_HEADERS),
        ...parseKeyPairs(environment.OTEL_EXPORTER_OTLP_TRACES_HEADERS),
      },
      timeoutMs,
      gzip: compression?.value === 'gzip',
      tls: tls ? { rootCertificate: content(0), clientKey: content(1), clientCertificate: content(2) } : null,
    },
  };
};
