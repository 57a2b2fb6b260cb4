import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from './folder.ts';
import { freePort } from './free-port.ts';
import { startReady } from './ready-program.ts';

export interface PrometheusSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface PrometheusExemplars {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
  }[];
}

/** A real Prometheus with a folder of its own, on the loopback. */
export interface Prometheus {
  query(expr: string): Promise<readonly PrometheusSeries[]>;
  exemplars(expr: string, sinceMs: number): Promise<readonly PrometheusExemplars[]>;
  ask(path: string): Promise<unknown>;
}

/** Scrapes the address each second under this instance's name; ended with the test. */
export const startPrometheus = async (
  t: TestContext,
  { target, instance, rules }: { readonly target: string; readonly instance: string; readonly rules: string },
): Promise<Prometheus> => {
  const folder = await temporaryFolder(t);
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rules],
      scrape_configs: [
        {
          job_name: 'critrace',
          static_configs: [{ targets: [target.replace('http://', '')], labels: { instance } }],
        },
      ],
    }),
  );
  const base = `http://127.0.0.1:${port}`;
  await startReady(t, {
    program: 'prometheus',
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
      '--log.level=error',
    ],
    ready: `${base}/-/ready`,
  });
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(`${base}${path}`);
    const body: unknown = await response.json();
    if (typeof body !== 'object' || body === null || !('data' in body))
      throw new Error(`${decodeURIComponent(path)}: ${JSON.stringify(body)}`);
    return body.data;
  };
  return {
    ask,
    async query(expr) {
      const data = await ask(`/api/v1/query?${new URLSearchParams({ query: expr })}`);
      return (data as { readonly result: readonly PrometheusSeries[] }).result;
    },
    async exemplars(expr, sinceMs) {
      const range = { query: expr, start: `${sinceMs / 1000}`, end: `${Date.now() / 1000 + 60}` };
      return (await ask(
        `/api/v1/query_exemplars?${new URLSearchParams(range)}`,
      )) as readonly PrometheusExemplars[];
    },
  };
};
