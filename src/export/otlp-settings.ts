import { readFileSync } from 'node:fs';

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

/** The choices of the `OTEL_EXPORTER_OTLP_*` variables, wherever they were made. Null: not made. */
export interface OtlpChoices {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: 'none' | 'gzip';
  readonly insecure: boolean | null;
  readonly certificate: string | null;
  readonly clientKey: string | null;
  readonly clientCertificate: string | null;
}

const problem = (variable: string, value: string, allowed: string): OtlpSettingsResult => ({
  kind: 'problem',
  problem: { variable: `OTEL_EXPORTER_OTLP_${variable}`, value, allowed },
});

/** `http:` is without TLS and `https:` with; without a scheme it is TLS unless the choice says otherwise. */
const usesTls = (endpoint: string, insecure: boolean | null): boolean =>
  endpoint.startsWith('http://') ? false : endpoint.startsWith('https://') || insecure !== true;

const validEndpoint = (endpoint: string): boolean => {
  if (endpoint.startsWith('unix:')) return endpoint.length > 'unix:'.length;
  const url = /^\w+:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`;
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '';
};

const readPem = (path: string | null): Buffer | null | 'unreadable' => {
  if (path === null) return null;
  try {
    return readFileSync(path);
  } catch {
    return 'unreadable';
  }
};

/** The exporter itself passes over a certificate that it cannot read and an address that is none: here both are said. */
export const otlpSettings = (choices: OtlpChoices): OtlpSettingsResult => {
  const { endpoint, headers, timeoutMs, certificate, clientKey, clientCertificate } = choices;
  if (!validEndpoint(endpoint))
    return problem('ENDPOINT', endpoint, 'host and port, as http://localhost:4317 or https://collector:4317');
  const common = { endpoint, headers, timeoutMs, gzip: choices.compression === 'gzip' };
  if (!usesTls(endpoint, choices.insecure)) return { kind: 'settings', settings: { ...common, tls: null } };

  const pem = 'the path of a readable PEM file';
  const rootPem = readPem(certificate);
  if (rootPem === 'unreadable') return problem('CERTIFICATE', certificate ?? '', pem);
  const keyPem = readPem(clientKey);
  if (keyPem === 'unreadable') return problem('CLIENT_KEY', clientKey ?? '', pem);
  const chainPem = readPem(clientCertificate);
  if (chainPem === 'unreadable') return problem('CLIENT_CERTIFICATE', clientCertificate ?? '', pem);
  if ((keyPem === null) !== (chainPem === null))
    return problem(
      keyPem === null ? 'CLIENT_KEY' : 'CLIENT_CERTIFICATE',
      '',
      'a path: key and certificate of a client come together',
    );
  const tls = { rootCertificate: rootPem, clientKey: keyPem, clientCertificate: chainPem };
  return { kind: 'settings', settings: { ...common, tls } };
};
