/** The modules that `npm run build` made, under the types of their sources: what users run is what is measured. */
export const compiledModules = async () => {
  const load = (path: string) => import(new URL(`../dist/${path}`, import.meta.url).href);
  const pipeline: typeof import('../src/pipeline.ts') = await load('pipeline.js');
  const schema: typeof import('../src/cri/schema.ts') = await load('cri/schema.js');
  const callSpans: typeof import('../src/call-spans.ts') = await load('call-spans.js');
  const host: typeof import('../src/spans/host.ts') = await load('spans/host.js');
  const limits: typeof import('../src/spans/limits.ts') = await load('spans/limits.js');
  const sampling: typeof import('../src/export/round-sampling.ts') = await load('export/round-sampling.js');
  return {
    createPipeline: pipeline.createPipeline,
    loadSchema: schema.loadSchema,
    createCallSpans: callSpans.createCallSpans,
    replayHostFacts: host.replayHostFacts,
    createSpanCounters: limits.createSpanCounters,
    createRoundSampling: sampling.createRoundSampling,
    isSampledLater: sampling.isSampledLater,
    createSamplingCounters: sampling.createSamplingCounters,
    defaultSamplingLimits: sampling.defaultSamplingLimits,
  };
};
