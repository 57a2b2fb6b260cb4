import type { Call } from '../../../src/calls/call.ts';
import type { Negotiation } from '../../../src/calls/negotiation/finding.ts';
import {
  createNegotiationCounters,
  createNegotiations,
} from '../../../src/calls/negotiation/negotiations.ts';
import { aCall } from '../../support/a-call.ts';

export const kubelet = { pid: 812, pidStart: 1n, uid: 0, comm: 'kubelet', cgroup: null };
export const restarted = { ...kubelet, pid: 955, pidStart: 2n };
export const crictl = { ...kubelet, pid: 1204, comm: 'crictl' };
export const nobody = { pid: null, pidStart: null, uid: null, comm: null, cgroup: null };

type Client = typeof kubelet | typeof nobody;
type Result = Pick<Call['result'], 'outcome' | 'status' | 'statusCode' | 'statusMessage'>;

const unimplemented = (statusMessage: string): Result => ({
  outcome: 'finished',
  status: 'UNIMPLEMENTED',
  statusCode: 12,
  statusMessage,
});
const results = {
  ok: { outcome: 'finished', status: 'OK', statusCode: 0, statusMessage: null },
  unknown_service: unimplemented('unknown service runtime.v1.RuntimeService'),
  unknown_method: unimplemented('unknown method RuntimeConfig for service runtime.v1.RuntimeService'),
  not_implemented: unimplemented('method GetContainerEvents not implemented'),
  no_text: unimplemented(''),
  not_ready: {
    outcome: 'finished',
    status: 'UNKNOWN',
    statusCode: 2,
    statusMessage: 'server is not initialized yet',
  },
  not_found: { outcome: 'finished', status: 'NOT_FOUND', statusCode: 5, statusMessage: null },
  deadline: { outcome: 'finished', status: 'DEADLINE_EXCEEDED', statusCode: 4, statusMessage: null },
  given_up: { outcome: 'reset', status: null, statusCode: null, statusMessage: null },
  lost: { outcome: 'connection_lost', status: null, statusCode: null, statusMessage: null },
  in_flight: { outcome: 'in_flight', status: null, statusCode: null, statusMessage: null },
} as const satisfies Readonly<Record<string, Result>>;

export const other = '/run/nydus/nydus.sock';

/** `v1 Version()` is the question, without a version in it; `?` a call whose path could not be read. */
type CallStep = readonly [number, Client, string, keyof typeof results, string?];
export type Step = readonly ['open' | 'joined' | 'close', number, Client] | CallStep;

const isCall = (step: Step): step is CallStep => typeof step[0] === 'number';

const callOf = (
  connection: number,
  client: Client,
  what: string,
  result: keyof typeof results,
  endpoint?: string,
): Call => {
  const [, version = '', rpc = '', asks] = /^(v1|v1alpha2) (\w+)(\(\))?$/.exec(what) ?? [];
  const service = /Image/.test(rpc) ? 'ImageService' : 'RuntimeService';
  const call = aCall();
  if (what === '?')
    return {
      ...call,
      ...{ connection, method: null, rpc: null, service: null, apiVersion: null, methodSource: 'unknown' },
      caller: { ...client, userAgent: null },
    };
  return {
    ...call,
    connection,
    endpoint: endpoint ?? call.endpoint,
    method: `runtime.${version}.${service}/${rpc}`,
    rpc,
    service,
    apiVersion: version === 'v1' ? 'v1' : 'v1alpha2',
    caller: { ...client, userAgent: 'grpc-go/1.47.0' },
    facts: {
      ...call.facts,
      values: rpc === 'Version' && asks === undefined ? { 'version.requested': '0.1.0' } : {},
    },
    result: {
      ...call.result,
      ...results[result],
      response: { messages: result === 'ok' ? 1 : 0, bytes: 0 },
    },
  };
};

/** What is told of the processes that do this, one step after the other. */
export const play = (steps: readonly Step[]): readonly Negotiation[] => {
  const negotiations = createNegotiations(createNegotiationCounters());
  const found: Negotiation[] = [];
  let at = 0n;
  const factsOf = (connection: number, client: Client) => {
    const { connectionOrdinal, endpoint, server } = aCall();
    return { connection, connectionOrdinal, endpoint, client, server };
  };
  for (const step of steps) {
    at += 1n;
    if (isCall(step)) {
      const decided = negotiations.ended(callOf(...step)).found;
      if (decided !== null) found.push(decided);
      continue;
    }
    const [what, connection, client] = step;
    if (what === 'close') found.push(...negotiations.closed(factsOf(connection, client), at));
    else negotiations.opened(factsOf(connection, client), what === 'joined');
  }
  return [...found, ...negotiations.finish()];
};
