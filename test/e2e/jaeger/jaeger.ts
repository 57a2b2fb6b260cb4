import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import * as z from 'zod';
import { temporaryFolder } from '../../support/folder.ts';
import { freePort } from '../../support/free-port.ts';
import { startReady } from '../../support/ready-program.ts';

const span = z.object({
  traceID: z.string(),
  spanID: z.string(),
  operationName: z.string(),
  references: z.array(z.object({ refType: z.string(), spanID: z.string(), traceID: z.string() })),
  /** Microseconds. */
  startTime: z.number(),
  duration: z.number(),
  tags: z.array(z.object({ key: z.string(), value: z.unknown() })),
  processID: z.string(),
  /** What Jaeger itself doubts: clock skew, a parent that is not there, ids that are twice there. */
  warnings: z.array(z.string()).nullish(),
});
const trace = z.object({
  traceID: z.string(),
  spans: z.array(span),
  processes: z.record(z.string(), z.object({ serviceName: z.string() })),
});
const traces = z.object({ data: z.array(trace) });
const arrows = z.object({
  data: z.array(z.object({ parent: z.string(), child: z.string(), callCount: z.number() })),
});

export type JaegerSpan = z.infer<typeof span>;
export type JaegerTrace = z.infer<typeof trace>;

/** A real Jaeger that keeps what it is sent in memory. */
export interface Jaeger {
  /** Where spans are sent to, OTLP over gRPC. */
  readonly otlp: string;
  /** As its search form asks. */
  search(service: string, tags: Readonly<Record<string, string>>): Promise<readonly JaegerTrace[]>;
  trace(id: string): Promise<JaegerTrace | null>;
  /** As its page does with a file that is dropped on it. */
  upload(lines: string): Promise<readonly JaegerTrace[]>;
  /** The dependency graph, but for what a service does in itself, which a store in memory lists as well. */
  arrows(): Promise<readonly string[]>;
}

const hourMs = 3_600_000;

/** Ended with the test. */
export const startJaeger = async (t: TestContext, program: string): Promise<Jaeger> => {
  const folder = await temporaryFolder(t);
  const [otlp, http, grpc] = [await freePort(), await freePort(), await freePort()];
  const at = (port: number) => ({ endpoint: `127.0.0.1:${port}` });
  const config = join(folder, 'jaeger.json');
  writeFileSync(
    config,
    JSON.stringify({
      service: {
        extensions: ['jaeger_storage', 'jaeger_query'],
        pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
        telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
      },
      extensions: {
        jaeger_query: { storage: { traces: 'memory' }, http: at(http), grpc: at(grpc) },
        jaeger_storage: { backends: { memory: { memory: { max_traces: 10_000 } } } },
      },
      receivers: { otlp: { protocols: { grpc: at(otlp) } } },
      exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
    }),
  );
  const base = `http://127.0.0.1:${http}`;
  await startReady(t, {
    program,
    args: [`--config=file:${config}`],
    // Else it sends traces of itself to whoever listens on port 4317.
    env: { ...process.env, OTEL_TRACES_SAMPLER: 'always_off' },
    ready: `${base}/api/services`,
  });
  const search: Jaeger['search'] = async (service, tags) => {
    const now = Date.now();
    const query = new URLSearchParams({
      service,
      tags: JSON.stringify(tags),
      start: `${(now - hourMs) * 1000}`,
      end: `${now * 1000}`,
      limit: '20',
    });
    const response = await fetch(`${base}/api/traces?${query}`);
    return traces.parse(await response.json()).data;
  };
  return {
    otlp: `http://127.0.0.1:${otlp}`,
    search,
    async trace(id) {
      const response = await fetch(`${base}/api/traces/${id}`);
      if (response.status === 404) return null;
      return traces.parse(await response.json()).data[0] ?? null;
    },
    async upload(lines) {
      // Its page takes a line each as one document, puts them together, and has the server turn them into its own form.
      const parts = z.array(z.object({ resourceSpans: z.array(z.unknown()) }));
      const documents = parts.parse(
        lines
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      );
      const response = await fetch(`${base}/api/transform`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceSpans: documents.flatMap(({ resourceSpans }) => resourceSpans) }),
      });
      if (!response.ok) throw new Error(`upload: ${response.status} ${await response.text()}`);
      return traces.parse(await response.json()).data;
    },
    async arrows() {
      const query = new URLSearchParams({ endTs: `${Date.now()}`, lookback: `${hourMs}` });
      const response = await fetch(`${base}/api/dependencies?${query}`);
      return arrows
        .parse(await response.json())
        .data.filter(({ parent, child: to }) => parent !== to)
        .map(({ parent, child: to }) => `${parent} -> ${to}`);
    },
  };
};
