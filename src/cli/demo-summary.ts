import type { Agent } from '../agent.ts';
import type { ScenarioResult } from '../demo/scenario.ts';
import type { Counters } from '../health.ts';

const at = (counters: Counters, path: string): number => {
  let value: Counters[string] | undefined = counters;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return 0;
    value = value[name];
  }
  return typeof value === 'number' ? value : 0;
};

/** What was seen, what was lost, and where the spans are. */
export const demoSummary = (
  result: ScenarioResult,
  agent: Agent | null,
  storeDir: string,
  collector: string | null,
): string => {
  if (agent === null) return 'nothing was observed: the demo ended before it began\n';
  const health = agent.health.snapshot();
  const lost = at(health, 'proxy.lostBytes') + at(health, 'proxy.unobservedBytes');
  const lines = [
    `runtime    ${result.runtime}`,
    `seen       ${at(health, 'pipeline.calls.ended')} calls on ${at(health, 'proxy.connections')} connections; the kubelet made ${result.calls.length + result.callsDropped}`,
    `lost       ${lost === 0 ? 'nothing' : `${lost} bytes`}`,
    `spans      ${at(health, 'spans.spans')}, as OTLP/JSON lines in ${storeDir}`,
  ];
  if (collector !== null) {
    lines.push(`collector  ${collector} has ${at(health, 'export.delivered')} of them`);
  }
  return `${lines.join('\n')}\n`;
};
