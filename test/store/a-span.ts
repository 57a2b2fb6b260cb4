import type { Span } from '../../src/spans/span.ts';

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');

export const startOf = (n: number): bigint => 1_795_476_336_000_000_000n + BigInt(n) * 1_000_000n;

/** A call of the kubelet for the pod `default/pod-<n>`, one millisecond long, the `n`th of a run. */
export const aSpan = (n: number, changes: Partial<Span> = {}): Span => ({
  traceId: hex(n + 1, 32),
  spanId: hex(n + 1, 16),
  parentSpanId: null,
  parentIsRemote: false,
  traceState: null,
  traceFlags: 1,
  name: 'runtime.v1.RuntimeService/RunPodSandbox',
  kind: 'client',
  start: startOf(n),
  end: startOf(n) + 1_000_000n,
  attributes: {
    'rpc.method': 'runtime.v1.RuntimeService/RunPodSandbox',
    'rpc.status_code': 'OK',
    'cri.outcome': 'finished',
    'k8s.namespace.name': 'default',
    'k8s.pod.name': `pod-${n}`,
  },
  status: { code: 'unset', message: null },
  events: [],
  links: [],
  resource: { 'service.name': 'kubelet', 'process.executable.name': 'kubelet' },
  ...changes,
});

/** The root of the start of a pod, in a trace of its own. */
export const anOperation = (n: number, changes: Partial<Span> = {}): Span =>
  aSpan(n, {
    name: `pod start default/pod-${n}`,
    kind: 'internal',
    end: startOf(n) + 500_000_000n,
    attributes: {
      'cri.operation': 'pod_start',
      'cri.operation.outcome': 'running',
      'cri.operation.sandbox_ms': 300,
      'cri.operation.client_ms': 50,
      'k8s.namespace.name': 'default',
      'k8s.pod.name': `pod-${n}`,
    },
    ...changes,
  });
