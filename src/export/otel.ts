import type { Context, TraceState } from '@opentelemetry/api';
import type { core, resources, tracing } from '@opentelemetry/sdk-node';
import type { Span } from '../spans/span.ts';

/** The parts of the OpenTelemetry SDK that are used here. */
export interface Otel {
  readonly core: typeof core;
  readonly resources: typeof resources;
  readonly tracing: typeof tracing;
  readonly traceState: (text: string) => TraceState;
  /** The context that the SDK would have started the span in: its parent's, or none. */
  readonly contextOf: (span: Span) => Context;
}

/** Loaded when first needed: the SDK takes a quarter of a second and tens of megabytes, and JSON output does without. */
export const loadOtel = async (): Promise<Otel> => {
  const [sdk, { createTraceState, ROOT_CONTEXT, trace }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/api'),
  ]);
  return {
    core: sdk.core,
    resources: sdk.resources,
    tracing: sdk.tracing,
    traceState: (text) => createTraceState(text),
    contextOf: ({ traceId, parentSpanId, parentIsRemote, traceFlags }) =>
      parentSpanId === null
        ? ROOT_CONTEXT
        : trace.setSpanContext(ROOT_CONTEXT, {
            traceId,
            spanId: parentSpanId,
            traceFlags,
            isRemote: parentIsRemote,
          }),
  };
};
