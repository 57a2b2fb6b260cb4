import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tapOn } from '../source/tap/stage.ts';
import { aRuntime } from '../support/a-runtime.ts';
import { goKubelet } from '../support/go-kubelet.ts';
import { grpcGoClient } from '../support/grpc-go-client.ts';
import { observed } from '../support/observed.ts';

test('the tap comes to a kubelet at work: calls whose paths it cannot have seen have their names and pods', async (t) => {
  const runtime = await aRuntime(t, { images: ['registry.k8s.io/app:1'] });
  const options = { authority: 'localhost', userAgent: 'grpc-go/1.72.1', acceptsEncodings: true };
  const ofRuntime = await grpcGoClient(runtime.socket, options);
  const ofImages = await grpcGoClient(runtime.socket, options);
  t.after(() => ofRuntime.close());
  t.after(() => ofImages.close());
  const kubelet = goKubelet({ minor: 35, version: 'v1' }, ofRuntime, ofImages);
  await kubelet.start();
  await kubelet.startPod('web');
  await kubelet.startPod('db');
  await kubelet.second(30);
  await kubelet.restart('db');

  const before = ofRuntime.calls.length;
  const tap = tapOn(t, runtime.socket);
  const watched = observed(tap);
  for (let second = 0; second < 30; second++) await kubelet.second(second);
  const made = ofRuntime.calls.slice(before);
  await watched.until(made.length);
  await tap.stop();
  await watched.done;

  assert.equal(tap.counters.lostBytes, 0);
  const paths = new Map(made.map(({ stream, path }) => [stream, path.slice(path.lastIndexOf('/') + 1)]));
  const lists = new Set(['ListPodSandbox', 'ListContainers', 'ListContainerStats']);
  const all = watched.calls();
  // Its two connections: the runtime's is the one with probes.
  const connection = all.find(({ rpc }) => rpc === 'ExecSync')?.connection;
  const calls = all.filter((call) => call.connection === connection && call.start !== null);
  assert.equal(calls.length, made.length);
  let named = 0;
  for (const { stream, rpc, methodSource } of calls) {
    const known = paths.get(stream) ?? '';
    assert.notEqual(methodSource, 'read', `${known}: its path was sent before the tap came`);
    // In less than ten seconds no default is presumed.
    if (rpc === null) assert.ok(lists.has(known), `${known} has no name`);
    else {
      assert.equal(rpc, known);
      named += 1;
    }
  }
  t.diagnostic(`${named} of ${calls.length} calls named`);
  const probes = calls.filter(({ rpc }) => rpc === 'ExecSync');
  assert.equal(probes.length, made.filter(({ path }) => path.endsWith('/ExecSync')).length);
  for (const { facts } of probes) assert.ok(['web', 'db'].includes(facts.pod?.name ?? ''));
});
