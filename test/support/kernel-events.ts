import fc from 'fast-check';
import type { KernelEvent, KernelTask } from '../../src/kernel/kernel-event.ts';

const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const nanos = fc.bigInt({ min: 0n, max: 2_000_000_000_000_000_000n });
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { noNullPrototype: true });
const text = fc.string({ unit: 'binary' });

const task: fc.Arbitrary<KernelTask> = record({ pid: fc.nat(), start: nanos, comm: text });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const cni = record({
  command: orNull(text),
  containerId: orNull(text),
  interfaceName: orNull(text),
  podNamespace: orNull(text),
  podName: orNull(text),
  podUid: orNull(text),
  podInfraContainerId: orNull(text),
});

/** Every kind of kernel event, with every field that it may lack. */
export const kernelEvents: fc.Arbitrary<KernelEvent> = fc.oneof<fc.Arbitrary<KernelEvent>[]>(
  record({ kind: fc.constant('fork' as const), process: task, parent: task }),
  record({
    kind: fc.constant('exec' as const),
    process: task,
    parent: orNull(task),
    argv: fc.array(text),
    argvCut: fc.boolean(),
    cgroup: orNull(text),
    cni: orNull(cni),
  }),
  record({
    kind: fc.constant('exit' as const),
    process: task,
    code: orNull(fc.nat({ max: 255 })),
    signal: orNull(fc.integer({ min: 1, max: 64 })),
    userNs: nanos,
    systemNs: nanos,
    peakRssBytes: orNull(count),
  }),
  record({
    kind: fc.constant('file_sync' as const),
    process: task,
    operation: fc.constantFrom('fsync' as const, 'fdatasync' as const, 'syncfs' as const),
    file: orNull(text),
    start: nanos,
  }),
  record({
    kind: fc.constant('block_io' as const),
    process: orNull(task),
    device: text,
    operation: fc.constantFrom('read' as const, 'write' as const, 'flush' as const, 'discard' as const),
    requests: count,
    bytes: nanos,
    durationNs: nanos,
  }),
  record({
    kind: fc.constant('cgroup' as const),
    action: fc.constantFrom(
      'create' as const,
      'attach' as const,
      'freeze' as const,
      'thaw' as const,
      'remove' as const,
    ),
    path: text,
    process: orNull(task),
  }),
  record({ kind: fc.constant('oom_kill' as const), process: task, cgroup: orNull(text) }),
  record({
    kind: fc.constant('signal' as const),
    signal: fc.integer({ min: 1, max: 64 }),
    process: task,
    sender: orNull(task),
  }),
  record({
    kind: fc.constant('tcp_connect' as const),
    process: task,
    address: text,
    port: fc.nat({ max: 65_535 }),
    start: nanos,
    connected: fc.boolean(),
  }),
  record({
    kind: fc.constant('scheduling' as const),
    process: task,
    waits: count,
    runQueueNs: nanos,
    blockedNs: nanos,
  }),
  record({ kind: fc.constant('lost' as const), records: count }),
);
