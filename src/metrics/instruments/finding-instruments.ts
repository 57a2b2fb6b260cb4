import { counter, gauge } from './instrument.ts';

/** What the course of calls shows of trouble, and which API version each program came to use. */
export const findingInstruments = {
  cri_stuck_calls_total: counter(
    'Calls that stayed in flight for longer than calls of their method should.',
    ['rpc_method'],
  ),
  cri_given_up_calls_total: counter(
    'Calls that their client gave up, or whose name was taken by such a one, by what happened first.',
    ['rpc_method', 'cause'],
  ),
  cri_retry_chains_total: counter('Given-up calls for which a next try of the same thing was seen.', [
    'rpc_method',
  ]),
  cri_retries_total: counter('Tries after the first of the same thing, as far as they were told.', [
    'rpc_method',
  ]),
  cri_zombie_calls_total: counter(
    'Given-up calls on which the runtime was seen to go on working, by what showed it.',
    ['rpc_method', 'evidence'],
  ),
  cri_convoys_total: counter(
    'Groups of calls that ended together right after a longer one; its method is the label.',
    ['rpc_method'],
  ),
  cri_convoy_followers_total: counter('Calls that were held up in convoys, by the method of the first one.', [
    'rpc_method',
  ]),
  cri_convoy_wait_seconds_total: counter(
    'Time that calls in convoys took, by the method of the first one; of the first sixteen of each convoy.',
    ['rpc_method'],
    { unit: 'seconds' },
  ),
  cri_message_limit_findings_total: counter(
    'Messages near the size that gRPC peers accept (refused_by none), or refused for their size.',
    ['rpc_method', 'refused_by'],
  ),
  cri_feature_refusals_total: counter(
    'Calls of a newer method that the runtime does not have (UNIMPLEMENTED).',
    ['feature', 'rpc_method'],
  ),
  cri_feature_fallbacks_total: counter(
    'Programs that were seen to use an older method instead of a refused one, once for each process.',
    ['feature', 'rpc_method', 'instead'],
  ),
  cri_negotiation_verdict: gauge(
    '1 for what the newest process of a program came to with this endpoint and service, 0 for what earlier ones did.',
    ['server_address', 'service', 'caller', 'verdict'],
  ),
  cri_negotiations_total: counter('Processes whose choice of an API version was seen, by its outcome.', [
    'server_address',
    'service',
    'verdict',
  ]),
  cri_connections_refused_total: counter(
    'Connections of callers that came while the runtime could not be reached.',
    ['server_address', 'caller'],
  ),
  cri_connections_impaired_total: counter(
    'Connections of which not all can be read, once for each reason: joined (older than the agent), gap (bytes of it were lost), not_http2.',
    ['server_address', 'caller', 'reason'],
  ),
} as const;
