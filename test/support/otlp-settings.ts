import type { OtlpSettings } from '../../src/export/otlp-settings.ts';

export const settingsFor = (port: number, changes: Partial<OtlpSettings> = {}): OtlpSettings => ({
  endpoint: `http://127.0.0.1:${port}`,
  headers: {},
  timeoutMs: 10_000,
  gzip: false,
  tls: null,
  ...changes,
});
