import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import { detectContainerd } from '../../src/demo/containerd.ts';
import type { CallRecord } from '../../src/demo/cri-client.ts';
import { runScenario } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { tapOn } from '../source/tap/stage.ts';
import { type Observed, observed } from '../support/observed.ts';

const available = await detectContainerd();
const runtime = available.kind === 'available' ? 'containerd' : 'simulated';

const toldBy = (record: CallRecord): string =>
  `${record.path} ${record.code} ${record.requestBytes} ${record.responseBytes} ${record.responseMessages}`;

const seenBy = ({ method, result }: Call): string =>
  `${method} ${result.status} ${result.request.bytes} ${result.response.bytes} ${result.response.messages}`;

test(`on ${runtime} the tap sees, with nothing in between, what the kubelet did`, async (t) => {
  const watched: Observed[] = [];
  const { calls: told } = await runScenario({
    runtime,
    versions: ['v1'],
    clock: systemClock(),
    log: () => undefined,
    signal: new AbortController().signal,
    pods: 2,
    pace: 0.2,
    through: async (runtimeSocket) => {
      const tap = tapOn(t, runtimeSocket);
      const watching = observed(tap);
      watched.push(watching);
      return {
        socket: runtimeSocket,
        close: async () => {
          await tap.stop();
          await watching.done;
          await tap.close();
          assert.equal(tap.counters.lostBytes, 0);
          assert.equal(tap.counters.strayRecords, 0);
        },
      };
    },
  });
  const calls = watched.flatMap((seen) => seen.calls());
  assert.equal(calls.length, told.length);
  assert.deepEqual(calls.map(seenBy).sort(), told.map(toldBy).sort());
  for (const { methodSource, caller, result, brokenMessages } of calls) {
    assert.equal(methodSource, 'read');
    assert.equal(caller.pid, process.pid);
    assert.equal(result.lostBytes, 0);
    assert.equal(brokenMessages, 0);
  }
});
