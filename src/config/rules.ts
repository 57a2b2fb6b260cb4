import { ConfigError } from './error.ts';
import type { Config, OptionName } from './options.ts';
import { describeProvenance, type Provenance } from './provenance.ts';

export type ConfigProvenance = Readonly<Record<OptionName, Provenance>>;

/** Where spans are sent, or null when they are not. */
export const exportAddress = (config: Config): string | null =>
  config['traces-exporter'] !== 'otlp' || config['otlp-disabled'] ? null : config['otlp-endpoint'];

/** The numbers are served for scraping. */
export const servesMetrics = (config: Config): boolean => config['metrics-exporter'].includes('prometheus');

/** The image service has a socket of its own. */
export const hasImageSocket = (config: Config): boolean =>
  config['image-endpoint'] !== null && config['image-endpoint'] !== config['runtime-endpoint'];

/** What options must not say together. Throws the one line that names them. */
export const checkTogether = (config: Config, provenance: ConfigProvenance): void => {
  const setBy = (name: OptionName) => `set by ${describeProvenance(provenance[name])}`;
  if (exportAddress(config) !== null && config['otlp-protocol'] !== 'grpc') {
    throw new ConfigError(
      `otlp-protocol: "${config['otlp-protocol']}" cannot be used; allowed: grpc (${setBy('otlp-protocol')})`,
      '--otlp-protocol grpc',
    );
  }
  if ((config['otlp-client-key'] === null) !== (config['otlp-client-certificate'] === null)) {
    const given = config['otlp-client-key'] === null ? 'otlp-client-certificate' : 'otlp-client-key';
    throw new ConfigError(
      `${given} is given alone; allowed: otlp-client-key and otlp-client-certificate together (${setBy(given)})`,
      '--otlp-client-key client.key --otlp-client-certificate client.pem',
    );
  }
  const sockets = ['runtime-endpoint', 'image-endpoint', 'listen', 'image-listen'] as const;
  for (const listening of ['listen', 'image-listen'] as const) {
    if (listening === 'image-listen' && !hasImageSocket(config)) continue;
    for (const other of sockets) {
      if (other === listening || config[other] !== config[listening]) continue;
      if (other === 'image-listen' && !hasImageSocket(config)) continue;
      throw new ConfigError(
        `${listening} and ${other} are the same socket, "${config[listening]}"; allowed: two different paths (${setBy(listening)})`,
        `--${listening} /run/critrace/${listening === 'listen' ? 'runtime' : 'image'}.sock`,
      );
    }
  }
};
