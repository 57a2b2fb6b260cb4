import type { Context, TraceState } from '@opentelemetry/api';
import type { core, resources, tracing } from '@opentelemetry/sdk-node';
import type { Attributes, Span } from '../spans/span.ts';

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

/** Of critrace itself or of its pod: they say nothing about the processes that it watches. */
const ownAttribute = /^(?:service\.|process\.|telemetry\.|container\.|k8s\.(?:pod|container|namespace)\.)/;

/**
 * What the SDK's detectors find out and all resources of the node share: `OTEL_RESOURCE_ATTRIBUTES` and `host.arch`.
 * `OTEL_SERVICE_NAME` names critrace, not the kubelet, and is left out with all else of that kind.
 */
export const detectSharedAttributes = async ({ resources: found }: Otel): Promise<Attributes> => {
  const resource = found.detectResources({ detectors: [found.hostDetector, found.envDetector] });
  await resource.waitForAsyncAttributes?.();
  const shared: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(resource.attributes)) {
    const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    if (plain && !ownAttribute.test(name)) shared[name] = value;
  }
  return shared;
};
