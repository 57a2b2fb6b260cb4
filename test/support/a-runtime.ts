import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type ApiVersion, type Message, methodCodecs } from '../../src/demo/codec.ts';
import { type CallOptions, type CallResult, createCriClient } from '../../src/demo/cri-client.ts';
import { createRuntime, type RuntimeOptions, type SimulatedRuntime } from '../../src/demo/runtime.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { temporaryFolder } from './folder.ts';

export interface ARuntime extends SimulatedRuntime {
  readonly socket: string;
}

/** A simulated runtime without latencies, listening, closed at the test's end. */
export const aRuntime = async (
  test: TestContext,
  options: Partial<RuntimeOptions> = {},
): Promise<ARuntime> => {
  const socket = join(await temporaryFolder(test), 'runtime.sock');
  const runtime = createRuntime({ clock: systemClock(), pace: 0, ...options });
  await runtime.listen(socket);
  test.after(() => runtime.close());
  return { ...runtime, socket };
};

export type Call = (method: string, request?: Message, options?: Partial<CallOptions>) => Promise<CallResult>;

/** A client of one API version on one connection, closed at the test's end. */
export const aClient = (test: TestContext, socket: string, version: ApiVersion = 'v1'): Call => {
  const client = createCriClient({ socket, clock: systemClock(), record: () => undefined });
  test.after(() => client.close());
  const codecs = methodCodecs(version);
  return (method, request = {}, options = {}) => {
    const codec = codecs.get(method);
    if (codec === undefined) throw new RangeError(`no method ${method} in ${version}`);
    return client.call(codec, request, { timeoutMs: 10_000, ...options });
  };
};
