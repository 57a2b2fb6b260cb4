import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const callsPerLine = 50;
const pods = 2_000;
const methods = ['ContainerStatus', 'ListContainers', 'ListPodSandbox', 'ExecSync', 'Status'] as const;

const digits = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

const spanOf = (nth: number, endMs: number) => {
  const rpc = methods[nth % methods.length] ?? 'Status';
  const microseconds = 200 + ((nth * 7919) % 5_000) * (nth % 97 === 0 ? 100 : 1);
  const end = BigInt(Math.round(endMs * 1e6));
  return {
    traceId: digits(`trace ${nth}`, 32),
    spanId: digits(`client ${nth}`, 16),
    name: `runtime.v1.RuntimeService/${rpc}`,
    kind: 3,
    startTimeUnixNano: String(end - BigInt(microseconds) * 1000n),
    endTimeUnixNano: String(end),
    attributes: [
      attribute('rpc.method', `runtime.v1.RuntimeService/${rpc}`),
      attribute('rpc.status_code', nth % 50 === 0 ? 'NOT_FOUND' : 'OK'),
      attribute('cri.rpc', rpc),
      attribute('cri.outcome', 'finished'),
      attribute('k8s.namespace.name', 'default'),
      attribute('k8s.pod.name', `pod-${nth % pods}`),
    ],
    status: { code: nth % 50 === 0 ? 2 : 0 },
  };
};

/** Each so many calls a pod has started. */
const callsPerStart = 200;

const startOf = (nth: number, endMs: number) => ({
  ...spanOf(nth, endMs),
  spanId: digits(`start ${nth}`, 16),
  name: `pod start default/pod-${nth % pods}`,
  kind: 1,
  startTimeUnixNano: String(BigInt(Math.round((endMs - 3_000) * 1e6))),
  attributes: [
    attribute('cri.operation', 'pod_start'),
    attribute('cri.operation.outcome', 'running'),
    ...['sandbox', 'image_pull', 'containers', 'client'].map((part, index) => ({
      key: `cri.operation.${part}_ms`,
      value: { doubleValue: 300 + 200 * index },
    })),
    attribute('k8s.namespace.name', 'default'),
    attribute('k8s.pod.name', `pod-${nth % pods}`),
  ],
  status: {},
});

const resource = {
  attributes: [attribute('service.name', 'kubelet'), attribute('process.executable.name', 'kubelet')],
};

/** The file of a store that an agent shows, written as an agent writes it, and as fast as is asked for. */
export interface GrowingStore {
  readonly folder: string;
  /** Calls that have just ended, the last `overMs` long ago at most. */
  add(calls: number, overMs: number): void;
}

export const makeGrowingStore = (parent: string): GrowingStore => {
  const folder = join(parent, 'growing-store');
  mkdirSync(folder);
  let made = 0;
  return {
    folder,
    add(calls, overMs) {
      const now = performance.timeOrigin + performance.now();
      let text = '';
      for (let left = calls; left > 0; left -= callsPerLine) {
        const spans = Array.from({ length: Math.min(left, callsPerLine) }, (_, index) => {
          const endMs = now - (overMs * (left - index)) / calls;
          made += 1;
          return made % callsPerStart === 0
            ? [spanOf(made, endMs), startOf(made, endMs)]
            : [spanOf(made, endMs)];
        }).flat();
        text += `${JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'critrace' }, spans }] }] })}\n`;
      }
      appendFileSync(join(folder, 'traces.jsonl'), text);
    },
  };
};
