import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastCalls } from './joined-client.ts';
import { asOneClient } from './one-client.ts';

const cuts = Number(process.env.CRITRACE_CUTS ?? 3);

/** What no recording of a kubelet has: other runtimes' replies, and methods that people use. */
for (const capture of [
  'pod-lifecycle-crio-crictl1.36',
  'pod-lifecycle-c16-crictl1.36',
  'old-client-c15-crictl1.25',
  'v1alpha2-c16-crictl1.22',
  'traced-c24-crictl1.36',
  'events-c24-crictl1.36',
  'many-c24-crictl1.36',
]) {
  test(`${capture} as the calls of one client, joined: what is named is right`, async (context) => {
    const { events, warm, truth } = await asOneClient(capture);
    const wrong = new Map<string, number>();
    const unnamed = new Map<string, number>();
    let named = 0;
    let all = 0;
    for (let cut = 0; cut < cuts; cut++) {
      const index = warm + Math.floor((cut / cuts) * 0.8 * (events.length - warm));
      for (const { connection, stream, rpc, methodSource, result } of lastCalls(events, index)) {
        const known = truth.get(`${connection}/${stream}`);
        if (known === undefined) assert.fail(`there was no call ${connection}/${stream}`);
        if (result.response.messages === 0) continue;
        assert.notEqual(methodSource, 'read', 'the writer sends paths again');
        all += 1;
        if (rpc === null) unnamed.set(known, (unnamed.get(known) ?? 0) + 1);
        else named += 1;
        if (rpc !== null && rpc !== known)
          wrong.set(`${known} for ${rpc}`, (wrong.get(`${known} for ${rpc}`) ?? 0) + 1);
      }
    }
    const shown = (of: ReadonlyMap<string, number>) =>
      [...of].map(([what, times]) => `${what} x${times}`).join(', ');
    const mistakes = [...wrong.values()].reduce((sum, times) => sum + times, 0);
    context.diagnostic(
      `${named} of ${all} named, ${mistakes} wrong: ${shown(wrong)}; unnamed: ${shown(unnamed)}`,
    );
    assert.ok(mistakes <= 0.01 * named, shown(wrong));
    assert.ok(named > 0);
  });
}
