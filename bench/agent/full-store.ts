import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As much as an agent reads of its store when it starts. */
const bytes = 64 * 1024 ** 2;
const callsPerLine = 100;
const pods = 2_000;

const digits = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

const resource = (service: string) => ({
  attributes: [
    attribute('service.name', service),
    attribute('service.namespace', 'kubernetes'),
    attribute('host.id', digits('host', 32)),
    attribute('process.executable.name', service),
  ],
});

const spanOf = (nth: number, kind: 'client' | 'server') => {
  const pod = nth % pods;
  const start = 1_800_000_000_000_000_000n + BigInt(nth) * 30_000_000n;
  return {
    traceId: digits(`trace ${nth}`, 32),
    spanId: digits(`${kind} ${nth}`, 16),
    ...(kind === 'server' ? { parentSpanId: digits(`client ${nth}`, 16) } : {}),
    name: 'runtime.v1.RuntimeService/ContainerStatus',
    kind: kind === 'client' ? 3 : 2,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_234_567n),
    attributes: [
      attribute('rpc.system.name', 'grpc'),
      attribute('rpc.method', 'runtime.v1.RuntimeService/ContainerStatus'),
      attribute('rpc.status_code', 'OK'),
      attribute('server.address', '/run/containerd/containerd.sock'),
      attribute('cri.service', 'runtime'),
      attribute('cri.api_version', 'v1'),
      attribute('cri.method_source', 'read'),
      attribute('cri.outcome', 'finished'),
      attribute('k8s.namespace.name', 'default'),
      attribute('k8s.pod.name', `pod-${pod}`),
      attribute('k8s.pod.uid', digits(`pod ${pod}`, 32)),
      attribute('k8s.container.name', 'app'),
      attribute('container.id', digits(`container ${pod}`, 64)),
    ],
    status: { code: 0 },
    flags: 257,
  };
};

const lineOf = (line: number): string => {
  const calls = Array.from({ length: callsPerLine }, (_, index) => line * callsPerLine + index);
  const resourceSpans = (['client', 'server'] as const).map((kind) => ({
    resource: resource(kind === 'client' ? 'kubelet' : 'containerd'),
    scopeSpans: [{ scope: { name: 'critrace' }, spans: calls.map((nth) => spanOf(nth, kind)) }],
  }));
  return `${JSON.stringify({ resourceSpans })}\n`;
};

/** The folder of a store whose newest file is full, in the form in which critrace writes it. */
export const makeFullStore = (folder: string): string => {
  const store = join(folder, 'full-store');
  mkdirSync(store, { recursive: true });
  const lines: string[] = [];
  for (let made = 0; made < bytes; made += lines.at(-1)?.length ?? bytes) lines.push(lineOf(lines.length));
  writeFileSync(join(store, 'traces-20261101T000000.000000000Z.jsonl'), lines.join(''));
  return store;
};
