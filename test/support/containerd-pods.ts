import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { child, type Message, methodCodecs, text } from '../../src/demo/codec.ts';
import type { ContainerdAvailability } from '../../src/demo/containerd.ts';
import { type CallResult, createCriClient } from '../../src/demo/cri-client.ts';
import { containerConfig, type PodPlan, sandboxConfig } from '../../src/demo/pod-config.ts';
import { containerdStage, type Stage } from '../../src/demo/stage.ts';
import { systemClock } from '../../src/foundation/clock.ts';

const clock = systemClock();

/** A private containerd of the test's own. */
export const aStage = async (
  t: TestContext,
  available: ContainerdAvailability,
  options: { readonly restarts?: boolean } = {},
): Promise<Stage> => {
  assert.ok(available.kind === 'available');
  const { signal } = new AbortController();
  const stage = await containerdStage(available.cniPluginFolder, clock, signal, options);
  t.after(() => stage.close());
  return stage;
};

/** A kubelet that does one thing after the other. */
export const callerOf = (t: TestContext, stage: Stage) => {
  const client = createCriClient({ socket: stage.socket, clock, record: () => undefined });
  t.after(() => client.close());
  const attempt = (method: string, request: Message): Promise<CallResult> => {
    const codec = methodCodecs('v1').get(method);
    assert.ok(codec !== undefined, method);
    return client.call(codec, request, { timeoutMs: 60_000 });
  };
  const call = async (method: string, request: Message): Promise<Message> => {
    const { record, response } = await attempt(method, request);
    assert.equal(record.code, 'OK', `${method}: ${record.details}`);
    return response;
  };
  const sandbox = async (plan: PodPlan): Promise<string> =>
    text(await call('RunPodSandbox', { config: sandboxConfig(plan, stage.place) }), 'pod_sandbox_id');
  const container = async (
    plan: PodPlan,
    sandboxId: string,
    args: readonly string[],
    resources: Message,
    mounts: readonly Message[] = [],
  ): Promise<string> => {
    const one = { name: `web-${args.length}`, image: stage.image, args };
    const config = containerConfig(plan, one, stage.place, stage.image);
    const linux = { ...child(config, 'linux'), resources };
    const created = await call('CreateContainer', {
      pod_sandbox_id: sandboxId,
      config: { ...config, linux, mounts },
      sandbox_config: sandboxConfig(plan, stage.place),
    });
    const id = text(created, 'container_id');
    await call('StartContainer', { container_id: id });
    return id;
  };
  return { attempt, call, sandbox, container };
};

export const aPod = (name: string): PodPlan => ({
  namespace: 'shop',
  name,
  uid: randomUUID(),
  attempt: 0,
  containers: [],
});
