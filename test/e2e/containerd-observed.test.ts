import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import { detectContainerd } from '../../src/demo/containerd.ts';
import type { CallRecord } from '../../src/demo/cri-client.ts';
import { runScenario } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { aProxy, type Observed, observed } from '../support/observed.ts';

const available = await detectContainerd();
const runtime = available.kind === 'available' ? 'containerd' : 'simulated';

const toldBy = (record: CallRecord): string =>
  `${record.path} ${record.code} ${record.requestBytes} ${record.responseBytes} ${record.responseMessages}`;

const seenBy = ({ method, result }: Call): string =>
  `${method} ${result.status} ${result.request.bytes} ${result.response.bytes} ${result.response.messages}`;

/** The calls of each method in their order: calls of several methods run at the same time. */
const byMethod = (texts: readonly string[]): Record<string, string[]> => {
  const methods: Record<string, string[]> = {};
  for (const text of texts) {
    const method = text.split(' ')[0] ?? '';
    methods[method] = [...(methods[method] ?? []), text];
  }
  return methods;
};

test('where containerd must be used it is', (t) => {
  if (available.kind === 'unavailable') t.diagnostic(`the simulated runtime stands in: ${available.message}`);
  if (process.env.CRITRACE_REQUIRE_CONTAINERD === '1') assert.equal(available.kind, 'available');
});

for (const versions of [['v1'], ['v1alpha2']] as const)
  test(`on ${runtime} in ${versions}, what is seen is what the kubelet did`, async (t) => {
    const watched: Observed[] = [];
    const { calls: told } = await runScenario({
      runtime,
      versions,
      clock: systemClock(),
      log: () => undefined,
      signal: new AbortController().signal,
      pods: 2,
      pace: 0.2,
      through: async (runtimeSocket) => {
        const { proxy, socket } = await aProxy(t, runtimeSocket);
        const watching = observed(proxy);
        watched.push(watching);
        return {
          socket,
          close: async () => {
            await proxy.stop();
            await watching.done;
            assert.equal(proxy.counters.lostBytes, 0);
          },
        };
      },
    });
    const calls = watched.flatMap((seen) => seen.calls());
    assert.equal(calls.length, told.length);
    assert.deepEqual(byMethod(calls.map(seenBy)), byMethod(told.map(toldBy)));

    const verdicts = watched.flatMap(({ findings }) =>
      findings.flatMap((finding) =>
        finding.kind === 'negotiation'
          ? [`${finding.negotiation.service} ${finding.negotiation.verdict}`]
          : [],
      ),
    );
    const [version] = versions;
    assert.deepEqual(verdicts.sort(), [`ImageService ${version}`, `RuntimeService ${version}`]);

    for (const { methodSource, caller, result, brokenMessages } of calls) {
      assert.equal(methodSource, 'read');
      assert.equal(caller.pid, process.pid);
      assert.equal(result.lostBytes, 0);
      assert.equal(brokenMessages, 0);
    }
    const of = (rpc: string): Call[] => calls.filter((call) => call.rpc === rpc);
    const pods = (rpc: string): string[] =>
      of(rpc).map(({ facts }) => `${facts.pod?.namespace}/${facts.pod?.name}`);
    assert.deepEqual(pods('RunPodSandbox').sort(), ['default/broken-0', 'default/web-0', 'default/web-1']);
    assert.deepEqual(
      of('CreateContainer')
        .map(({ facts }) => `${facts.pod?.name} ${facts.containerName}`)
        .sort(),
      ['web-0 sidecar', 'web-0 web', 'web-1 sidecar', 'web-1 web'],
    );
    for (const { facts } of of('CreateContainer')) {
      assert.match(facts.containerId ?? '', /^[0-9a-f]{64}$/);
      assert.match(facts.sandboxId ?? '', /^[0-9a-f]{64}$/);
    }
    const created = of('CreateContainer').map(({ facts }) => facts.containerId);
    for (const rpc of ['StartContainer', 'StopContainer', 'RemoveContainer'])
      assert.deepEqual(
        of(rpc)
          .map(({ facts }) => facts.containerId)
          .sort(),
        [...created].sort(),
        rpc,
      );
    const refused = of('PullImage').find(({ result }) => result.status !== 'OK');
    assert.equal(refused?.facts.image, '127.0.0.1:1/none:1');
    assert.match(refused.result.statusMessage ?? '', /connection refused/);
  });
