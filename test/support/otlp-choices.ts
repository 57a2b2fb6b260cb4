import type { OtlpChoices } from '../../src/export/otlp-settings.ts';

export const noChoices: OtlpChoices = {
  endpoint: 'http://localhost:4317',
  headers: {},
  timeoutMs: 10_000,
  compression: 'none',
  insecure: null,
  certificate: null,
  clientKey: null,
  clientCertificate: null,
};
