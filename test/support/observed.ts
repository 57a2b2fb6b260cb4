import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import type { Finding } from '../../src/calls/finding.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { loadNative } from '../../src/kernel/native.ts';
import { createPipeline, type Pipeline } from '../../src/pipeline.ts';
import { defaultProxyLimits, type ProxyLimits } from '../../src/source/proxy/limits.ts';
import { createProxy, type ProxySource } from '../../src/source/proxy/proxy.ts';
import type { Source } from '../../src/source/source.ts';
import { temporaryFolder } from './folder.ts';
import { until } from './until.ts';

export interface OpenProxy {
  readonly proxy: ProxySource;
  /** Where clients connect. */
  readonly socket: string;
}

/** A proxy of this process in front of a runtime, with the kernel's word on who calls; nothing observes it yet. */
export const aProxy = async (
  test: TestContext,
  runtime: string,
  limits: Partial<ProxyLimits> = {},
): Promise<OpenProxy> => {
  const socket = join(await temporaryFolder(test), 'proxy.sock');
  const native = loadNative();
  if (!native.loaded) throw new Error(`${native.why}; ${native.remedy}`);
  const proxy = createProxy({
    identity: 'a test',
    routes: [{ listen: socket, runtime }],
    clock: systemClock(),
    peerCredentials: native.library.peerCredentials,
    limits: { ...defaultProxyLimits, retryEveryMs: 5, lookEveryMs: 20, ...limits },
  });
  test.after(() => proxy.close());
  await proxy.ready;
  return { proxy, socket };
};

export interface Observed {
  readonly pipeline: Pipeline;
  readonly findings: readonly Finding[];
  /** The last revision of each call that was reported, in the order of their first. */
  calls(): Call[];
  /** Until so many calls were reported. */
  until(count: number): Promise<Call[]>;
  /** Resolves when the source has ended and the calls in flight are among those reported. */
  readonly done: Promise<void>;
}

/** Watches a source through the whole pipeline while the test goes on. */
export const observed = (source: Source): Observed => {
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  const findings: Finding[] = [];
  const done = (async () => {
    for await (const batch of source.events())
      for (const event of batch) findings.push(...pipeline.push(event));
    findings.push(...pipeline.finish());
  })();
  const calls = (): Call[] => {
    const last = new Map<string, Call>();
    for (const finding of findings)
      if (finding.kind === 'call')
        last.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
    return [...last.values()];
  };
  return {
    pipeline,
    findings,
    calls,
    async until(count) {
      await until(
        () => calls().length >= count,
        () => `${count} calls, there are ${calls().length}`,
      );
      return calls();
    },
    done,
  };
};
