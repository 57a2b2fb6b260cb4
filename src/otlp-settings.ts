import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from './config/error.ts';
import type { Config, OptionName } from './config/options.ts';
import type { OtlpSettings } from './export/otlp-settings.ts';

/** Connecting would say nothing of a file that is no PEM but that the collector is away. */
const read = (name: OptionName, file: string): Buffer => {
  const content = readFileSync(file);
  if (name === 'otlp-client-key') createPrivateKey(content);
  else new X509Certificate(content);
  return content;
};

const pem = (
  config: Config,
  name: OptionName & `otlp-${'certificate' | 'client-key' | 'client-certificate'}`,
) => {
  const file = config[name];
  if (file === null) return null;
  try {
    return read(name, file);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw new ConfigError(
      `${name}: "${file}" cannot be read (${why}); allowed: a PEM file`,
      `--${name} FILE`,
    );
  }
};

/** Without a scheme an address is taken as a TLS one unless it is said to be insecure, as OpenTelemetry has it. */
const usesTls = (endpoint: string, insecure: boolean | null): boolean => {
  if (/^(http:\/\/|unix:)/i.test(endpoint)) return false;
  return /^https:\/\//i.test(endpoint) || insecure !== true;
};

/** How the collector at `endpoint` is talked to. Throws ConfigError where a certificate cannot be read. */
export const otlpSettingsOf = (config: Config, endpoint: string): OtlpSettings => ({
  endpoint,
  headers: config['otlp-headers'],
  timeoutMs: config['otlp-timeout'],
  gzip: config['otlp-compression'] === 'gzip',
  tls: usesTls(endpoint, config['otlp-insecure'])
    ? {
        rootCertificate: pem(config, 'otlp-certificate'),
        clientKey: pem(config, 'otlp-client-key'),
        clientCertificate: pem(config, 'otlp-client-certificate'),
      }
    : null,
});
