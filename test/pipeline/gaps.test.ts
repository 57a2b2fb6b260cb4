import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { gaps, numbers, type Recording, record, type Truth } from '../calls/inference/late-joins.ts';

/** Recordings of each capture with other losses; more by CRITRACE_CUTS. */
const runs = Number(process.env.CRITRACE_CUTS ?? 1);
const schema = loadSchema();

const captures = [
  'kubelet-1.25-containerd-1.5',
  'kubelet-1.25-containerd-1.6-killed-restarted',
  'kubelet-1.25-sticky-gate-v1alpha2-to-v1',
  'kubelet-1.30-containerd-2.4-tracing',
  'kubelet-1.37-containerd-2.4',
  'kubelet-1.37-containerd-2.4-gates',
  'many-c24-crictl1.36',
  'old-client-c15-crictl1.25',
  'pod-lifecycle-crio-crictl1.36',
];

/** Shares of the pieces of which bytes are lost: as a tap may, and as nothing should. */
const shares = [0.002, 0.02, 0.2];

const replayed = ({ events }: Recording, share: number, random: () => number): Call[] => {
  const pipeline = createPipeline({ schema, full: false });
  const calls = new Map<string, Call>();
  const damage = gaps(share, random);
  const take = (findings: ReturnType<typeof pipeline.push>): void => {
    for (const finding of findings) {
      if (finding.kind === 'call')
        calls.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
    }
  };
  for (const event of events) for (const part of damage(event)) take(pipeline.push(part));
  take(pipeline.finish());
  return [...calls.values()];
};

/** What is told of the call and is not so. What is not known is null, and never wrong. */
const untruths = (call: Call, truth: Truth | undefined): string[] => {
  if (truth === undefined) return ['there was no such call'];
  const { rpc, apiVersion, methodSource, result } = call;
  const wrong: string[] = [];
  if (rpc !== null && rpc !== truth.rpc) wrong.push(`${truth.rpc} ${methodSource} as ${rpc}`);
  if (apiVersion !== null && apiVersion !== truth.version) wrong.push(`${truth.version} as ${apiVersion}`);
  if (result.statusCode !== null && result.statusCode !== truth.status)
    wrong.push(`${truth.rpc}: status ${truth.status} as ${result.statusCode}`);
  if (result.request.messages > truth.requestMessages || result.response.messages > truth.responseMessages)
    wrong.push(`${truth.rpc}: more messages than there were`);
  if (result.request.bytes > truth.requestBytes || result.response.bytes > truth.responseBytes)
    wrong.push(`${truth.rpc}: more bytes than there were`);
  const { request, response } = result;
  const isWhole =
    request.messages === truth.requestMessages &&
    response.messages === truth.responseMessages &&
    request.bytes === truth.requestBytes &&
    response.bytes === truth.responseBytes;
  if (result.lostBytes === 0 && result.outcome === 'finished' && !isWhole)
    wrong.push(`${truth.rpc}: called whole, and is not`);
  return wrong;
};

for (const name of captures) {
  for (const share of shares) {
    test(`${name}, with losses in ${share * 100} % of the pieces: what is known is true`, async (context) => {
      const recording = await record(name);
      const random = numbers(Math.round(share * 1000) + name.length);
      const wrong: string[] = [];
      let all = 0;
      let named = 0;
      for (let run = 0; run < runs; run++) {
        for (const call of replayed(recording, share, random)) {
          all += 1;
          named += call.rpc === null ? 0 : 1;
          const key = `${call.connection}/${call.stream}`;
          for (const what of untruths(call, recording.truth.get(key))) wrong.push(`${key} ${what}`);
        }
      }
      context.diagnostic(`${named} of ${all} calls named`);
      assert.deepEqual(wrong.slice(0, 20), []);
    });
  }
}
