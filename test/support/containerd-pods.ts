import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { child, type Message, methodCodecs, text } from '../../src/demo/codec.ts';
import type { ContainerdAvailability } from '../../src/demo/containerd.ts';
import { createCriClient } from '../../src/demo/cri-client.ts';
import { containerConfig, type PodPlan, sandboxConfig } from '../../src/demo/pod-config.ts';
import { containerdStage, type Stage } from '../../src/demo/stage.ts';
import { systemClock } from '../../src/foundation/clock.ts';

const clock = systemClock();

/** A private containerd of the test's own. */
export const aStage = async (t: TestContext, available: ContainerdAvailability): Promise<Stage> => {
  assert.ok(available.kind === 'available');
  const stage = await containerdStage(available.cniPluginFolder, clock, new AbortController().signal);
  t.after(() => stage.close());
  return stage;
};

/** A kubelet that does one thing after the other. */
export const callerOf = (t: TestContext, stage: Stage) => {
  const client = createCriClient({ socket: stage.socket, clock, record: () => undefined });
  t.after(() => client.close());
  const call = async (method: string, request: Message): Promise<Message> => {
    const codec = methodCodecs('v1').get(method);
    assert.ok(codec !== undefined, method);
    const { record, response } = await client.call(codec, request, { timeoutMs: 60_000 });
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
  return { call, sandbox, container };
};

export const aPod = (name: string): PodPlan => ({
  namespace: 'shop',
  name,
  uid: randomUUID(),
  attempt: 0,
  containers: [],
});
