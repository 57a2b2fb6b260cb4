import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failed } from '../../../src/demo/grpc-server.ts';
import { aClient, aRuntime } from '../../support/a-runtime.ts';
import { aProxy, observed } from '../../support/observed.ts';

const unimplemented = 12;

/** What a kubelet with its newest features does, before a runtime that is older. */
test('streamed lists, events, configuration and pod statistics that a runtime does not have', async (t) => {
  const runtime = await aRuntime(t, {
    versions: ['v1'],
    without: ['StreamContainers', 'StreamPodSandboxes', 'RuntimeConfig'],
    // The method is there, and says that it is not: the text of a generated stub.
    fault: ({ method }) =>
      method === 'GetContainerEvents' || method === 'ListPodSandboxStats'
        ? { end: failed(unimplemented, `method ${method} not implemented`) }
        : null,
  });
  const { proxy, socket } = await aProxy(t, runtime.socket);
  const watching = observed(proxy);
  const call = aClient(t, socket);
  let calls = 0;
  const said = async (method: string): Promise<string> => {
    calls += 1;
    return (await call(method)).record.code;
  };

  assert.equal(await said('Version'), 'OK');
  assert.equal(await said('RuntimeConfig'), 'UNIMPLEMENTED');
  // Once refused, its twin from then on, for the life of the kubelet.
  for (const [stream, twin] of [
    ['StreamContainers', 'ListContainers'],
    ['StreamPodSandboxes', 'ListPodSandbox'],
  ] as const) {
    assert.equal(await said(stream), 'UNIMPLEMENTED');
    for (let n = 0; n < 3; n++) assert.equal(await said(twin), 'OK');
  }
  // Five tries, then the generic PLEG for good.
  for (let n = 0; n < 5; n++) assert.equal(await said('GetContainerEvents'), 'UNIMPLEMENTED');
  // Refused each time.
  for (let n = 0; n < 3; n++) {
    assert.equal(await said('ListPodSandboxStats'), 'UNIMPLEMENTED');
    assert.equal(await said('ListContainerStats'), 'OK');
  }
  await watching.until(calls);

  const last = new Map<string, string>();
  for (const finding of watching.findings) {
    if (finding.kind !== 'symptom' || finding.symptom.kind !== 'feature_fallback') continue;
    const { calls: evidence, count, instead, sticky } = finding.symptom;
    last.set(evidence[0].rpc ?? '', `${count}x, ${instead}, ${sticky}`);
  }
  assert.deepEqual(Object.fromEntries(last), {
    RuntimeConfig: '1x, null, null',
    StreamContainers: '1x, ListContainers, true',
    StreamPodSandboxes: '1x, ListPodSandbox, true',
    GetContainerEvents: '5x, null, true',
    ListPodSandboxStats: '2x, ListContainerStats, false',
  });
  // None of them is a matter of the API version.
  const verdicts = watching.findings.flatMap((finding) =>
    finding.kind === 'negotiation' ? [finding.negotiation.verdict] : [],
  );
  assert.deepEqual(verdicts, ['v1']);
});
