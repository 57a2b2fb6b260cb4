import type { Agent } from '../agent.ts';
import type { Negotiation } from '../calls/negotiation/finding.ts';
import type { ScenarioResult } from '../demo/scenario.ts';
import type { Counters } from '../health.ts';
import type { LiveSource } from '../live-source.ts';

const at = (counters: Counters, path: string): number => {
  let value: Counters[string] | undefined = counters;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return 0;
    value = value[name];
  }
  return typeof value === 'number' ? value : 0;
};

export const lostBytesOf = (health: Counters): number =>
  at(health, 'tap.lostBytes') + at(health, 'proxy.lostBytes') + at(health, 'proxy.unobservedBytes');

export interface DemoOutcome {
  readonly result: ScenarioResult;
  /** Null: interrupted before there was anything to observe. */
  readonly agent: Agent | null;
  readonly mode: LiveSource['mode'];
  readonly lostBytes: number;
  /** How kubelet and runtime agreed on their versions: the last verdict for each service. */
  readonly negotiations: readonly Negotiation[];
  /** Of spans, as OTLP/JSON lines. */
  readonly file: string;
  readonly collector: string | null;
}

/** What was seen, what was lost, and where the spans are. */
export const demoSummary = ({
  result,
  agent,
  mode,
  lostBytes,
  negotiations,
  file,
  collector,
}: DemoOutcome): string => {
  if (agent === null) return 'nothing was observed: the demo ended before it began\n';
  const health = agent.health.snapshot();
  const made = result.calls.length + result.callsDropped;
  const ended = at(health, 'pipeline.calls.ended');
  const lines = [
    `runtime    ${result.runtime}`,
    `watched    ${mode === 'tap' ? 'in the kernel, with nothing in the path (tap)' : 'through a relay in the path (proxy)'}`,
    ...negotiations.map(({ service, verdict }) => `agreed on  ${service} ${verdict}`),
    `seen       ${ended} calls on ${at(health, `${mode}.connections`)} connections; the kubelet made ${made}`,
    `lost       ${lostBytes === 0 ? 'nothing' : `${lostBytes} bytes`}`,
    `spans      ${at(health, 'store.fileSpans')}, as OTLP/JSON lines in ${file}`,
  ];
  if (collector !== null) {
    lines.push(`collector  ${collector} took ${at(health, 'otlp.delivered')} of them`);
  }
  return `${lines.join('\n')}\n`;
};
