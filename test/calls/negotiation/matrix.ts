import { connect } from 'node:net';
import type { Finding } from '../../../src/calls/finding.ts';
import type { Negotiation } from '../../../src/calls/negotiation/finding.ts';
import { loadSchema } from '../../../src/cri/schema.ts';
import type { ApiVersion } from '../../../src/demo/codec.ts';
import {
  createRuntime,
  notInitialized,
  type RuntimeOptions,
  type SimulatedRuntime,
} from '../../../src/demo/runtime.ts';
import { systemClock } from '../../../src/foundation/clock.ts';
import { createPipeline, type Pipeline } from '../../../src/pipeline.ts';
import type { Source } from '../../../src/source/source.ts';
import { type ClientName, clientRules, openSession } from '../../support/cri-clients.ts';
import { until } from '../../support/until.ts';

interface RuntimeKind {
  readonly versions: readonly ApiVersion[];
  readonly fault?: RuntimeOptions['fault'];
  /** What takes its place in the middle of the client's life. */
  readonly next?: readonly ApiVersion[];
}

const both = ['v1', 'v1alpha2'] as const;
/** HTTP/2's INTERNAL_ERROR. */
const internalError = 2;

export const runtimes = {
  'v1 only': { versions: ['v1'] },
  'v1alpha2 only': { versions: ['v1alpha2'] },
  both: { versions: both },
  neither: { versions: [] },
  'v1alpha2, then v1': { versions: ['v1alpha2'], next: ['v1'] },
  'not ready': { versions: both, fault: () => ({ end: notInitialized }) },
  'ready after two calls': {
    versions: both,
    fault: ({ ordinal }) => (ordinal < 2 ? { end: notInitialized } : null),
  },
  slow: { versions: both, fault: () => ({ delayMs: 40 }) },
  resetting: { versions: both, fault: () => ({ end: { kind: 'reset', code: internalError } }) },
} as const satisfies Readonly<Record<string, RuntimeKind>>;

export type RuntimeName = keyof typeof runtimes;

/** What stands between: the path of the runtime, and the one that clients use. */
export interface Place {
  readonly source: Source;
  readonly runtimePath: string;
  readonly clientPath: string;
  /** The source sees what happens at the path now; of one that always does not given. */
  readonly isWatching?: () => boolean;
}

const isReachable = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });

const reachable = async (path: string): Promise<void> => {
  let isThere = false;
  await until(
    () => {
      if (!isThere) void isReachable(path).then((now) => (isThere = now));
      return isThere;
    },
    () => `${path} to be listened on`,
  );
};

/** `runtime: fell_back_to_v1alpha2 > version_refused_after_upgrade (inferred)`, the verdicts of a service in order. */
export const storyOf = (found: readonly Negotiation[]): string =>
  (['RuntimeService', 'ImageService'] as const)
    .map((service) => {
      const verdicts = found
        .filter((one) => one.service === service)
        .map(({ verdict, inferred }) => `${verdict}${inferred ? ' (inferred)' : ''}`);
      return verdicts.length === 0 ? '-' : verdicts.join(' > ');
    })
    .join(' | ');

/** Plays one client against one runtime after the other, each before a pipeline of its own. */
export const createMatrix = ({ source, runtimePath, clientPath, isWatching }: Place) => {
  let pipeline: Pipeline = createPipeline({ schema: loadSchema(), full: false });
  let findings: Finding[] = [];
  const done = (async () => {
    for await (const batch of source.events())
      for (const event of batch) findings.push(...pipeline.push(event));
  })();

  const serve = async (versions: readonly ApiVersion[], fault: RuntimeOptions['fault']) => {
    const runtime = createRuntime({
      clock: systemClock(),
      pace: 0,
      versions,
      ...(fault === undefined ? {} : { fault }),
    });
    await runtime.listen(runtimePath);
    if (isWatching !== undefined) await until(isWatching, 'the source to find the runtime');
    await reachable(clientPath);
    return runtime;
  };

  const stop = async (runtime: SimulatedRuntime): Promise<void> => {
    await runtime.close();
    if (isWatching !== undefined) await until(() => !isWatching(), 'the source to miss the runtime');
  };

  return {
    async cell(client: ClientName, name: RuntimeName): Promise<string> {
      pipeline = createPipeline({ schema: loadSchema(), full: false });
      findings = [];
      const { versions, fault, next }: RuntimeKind = runtimes[name];
      let runtime = await serve(versions, fault);
      const session = openSession(clientPath, async () => {
        if (next === undefined) return;
        await stop(runtime);
        runtime = await serve(next, undefined);
      });
      await clientRules[client](session);
      session.close();
      const { source: counts, calls } = pipeline.counters;
      await until(
        () => calls.ended >= session.calls() && counts.openNow === 0,
        () =>
          `${session.calls()} calls, of which ${calls.ended} ended, and ${counts.openNow} connections to close`,
      );
      await stop(runtime);
      findings.push(...pipeline.finish());
      return storyOf(
        findings.flatMap((finding) => (finding.kind === 'negotiation' ? [finding.negotiation] : [])),
      );
    },
    done,
  };
};
