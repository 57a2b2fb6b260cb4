import type { tracing } from '@opentelemetry/sdk-node';
import type { Span } from '../spans/span.ts';
import type { Otel } from './otel.ts';
import type { SettingProblem } from './otlp-settings.ts';

/** Whether a call's spans are exported; asked once a call, with its CLIENT span. */
export type Samples = (client: Span) => boolean;

export type SamplerResult =
  | { readonly kind: 'sampler'; readonly samples: Samples }
  | { readonly kind: 'problem'; readonly problem: SettingProblem };

export const samplerNames = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** `SpanKind.CLIENT` of the OpenTelemetry API. */
const clientKind = 2;

const ratioOf = (argument: string | undefined): number | null => {
  if (argument === undefined || argument.trim() === '') return 1;
  const ratio = Number(argument);
  return ratio >= 0 && ratio <= 1 ? ratio : null;
};

const createRoot = (
  { AlwaysOffSampler, AlwaysOnSampler, TraceIdRatioBasedSampler }: typeof tracing,
  name: string,
  ratio: number,
): tracing.Sampler =>
  name === 'always_off'
    ? new AlwaysOffSampler()
    : name === 'traceidratio'
      ? new TraceIdRatioBasedSampler(ratio)
      : new AlwaysOnSampler();

/**
 * `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, by the SDK's own samplers. Not set, every call is exported, also
 * one whose `traceparent` says that the caller did not sample it: a kubelet that traces one start in a thousand is
 * still to be seen whole. `parentbased_always_on` asks for what the specification has as its default.
 */
export const createSampler = (
  otel: Pick<Otel, 'tracing' | 'contextOf'>,
  name: string | undefined,
  argument: string | undefined,
): SamplerResult => {
  const chosen = name === undefined || name.trim() === '' ? 'always_on' : name.trim();
  if (!samplerNames.some((known) => known === chosen)) {
    const allowed = samplerNames.join(', ');
    return { kind: 'problem', problem: { variable: 'OTEL_TRACES_SAMPLER', value: chosen, allowed } };
  }
  const ratio = chosen.endsWith('traceidratio') ? ratioOf(argument) : 1;
  if (ratio === null) {
    const value = argument ?? '';
    return { kind: 'problem', problem: { variable: 'OTEL_TRACES_SAMPLER_ARG', value, allowed: '0 to 1' } };
  }
  const root = createRoot(otel.tracing, chosen.replace('parentbased_', ''), ratio);
  const sampler = chosen.startsWith('parentbased_') ? new otel.tracing.ParentBasedSampler({ root }) : root;
  const { RECORD_AND_SAMPLED } = otel.tracing.SamplingDecision;
  return {
    kind: 'sampler',
    samples: (client) =>
      sampler.shouldSample(otel.contextOf(client), client.traceId, client.name, clientKind, {}, [])
        .decision === RECORD_AND_SAMPLED,
  };
};
