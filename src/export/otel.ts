import type { TraceState } from '@opentelemetry/api';
import type { core, resources, tracing } from '@opentelemetry/sdk-node';

/** The parts of the OpenTelemetry SDK that are used here. */
export interface Otel {
  readonly core: typeof core;
  readonly resources: typeof resources;
  readonly tracing: typeof tracing;
  readonly traceState: (text: string) => TraceState;
}

/** Loaded when first needed: the SDK takes a quarter of a second and tens of megabytes, and JSON output does without. */
export const loadOtel = async (): Promise<Otel> => {
  const [sdk, api] = await Promise.all([import('@opentelemetry/sdk-node'), import('@opentelemetry/api')]);
  return {
    core: sdk.core,
    resources: sdk.resources,
    tracing: sdk.tracing,
    traceState: (text) => api.createTraceState(text),
  };
};
