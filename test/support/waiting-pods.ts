import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spansOfCall } from '../../src/spans/call-spans.ts';
import { idsOfOperation } from '../../src/spans/pod-ids.ts';
import { spansOfOperation } from '../../src/spans/pod-spans.ts';
import type { Span } from '../../src/spans/span.ts';
import { type Played, play } from '../calls/waits/play.ts';
import { aSpanContext } from './a-span-context.ts';
import { otlpLine } from './a-spool.ts';

/** Two pods that start together: `web` waits for a pull of `api`, and its container for a change to itself. */
const calls: readonly Played[] = [
  { rpc: 'RunPodSandbox', from: 0, to: 1 },
  { rpc: 'PullImage', from: 10, to: 12, image: 'registry.example/web:1' },
  { rpc: 'CreateContainer', from: 12, to: 13, container: 'app' },
  { rpc: 'UpdateContainerResources', container: 'app', from: 13, to: 14.99 },
  { rpc: 'StartContainer', from: 13.1, to: 15, container: 'app' },
  { rpc: 'RunPodSandbox', pod: 'api', from: 0.1, to: 0.4 },
  { rpc: 'PullImage', pod: 'api', image: 'registry.example/api:1', from: 0.5, to: 9.99 },
  { rpc: 'CreateContainer', pod: 'api', container: 'app', from: 10, to: 10.5 },
  { rpc: 'StartContainer', pod: 'api', container: 'app', from: 10.6, to: 11 },
];

const context = aSpanContext({
  parentOf: ({ facts }) => ({
    ...idsOfOperation({
      ...{ kind: 'pod_start', pod: `uid of ${facts.pod?.name}`, attempt: 0, container: null, generation: 0 },
    }),
    ...{ traceFlags: 1, traceState: null, isRemote: false },
  }),
});

/** All their spans, each call's with its two sides. */
export const waitingPods = (): readonly Span[] =>
  play(calls).told.flatMap((finding) => {
    if (finding.kind === 'call') return spansOfCall(finding.call, context);
    return finding.kind === 'operation' ? spansOfOperation(finding.operation, context) : [];
  });

/** A store that holds them. */
export const storeOfWaitingPods = (folder: string): string => {
  const store = join(folder, 'waiting');
  mkdirSync(store);
  writeFileSync(join(store, 'traces.jsonl'), otlpLine(waitingPods()));
  return store;
};
