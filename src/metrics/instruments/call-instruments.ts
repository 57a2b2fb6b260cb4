import { counter, gauge, histogram } from './instrument.ts';

/** The advisory bounds of the RPC conventions, with three below for local calls and four above for image pulls. */
export const durationBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
  120, 300,
] as const;

const kibibyte = 1024;
/** Up to the limit of 16 MiB that kubelet and containerd have for one message, and past it. */
const sizeBuckets = [
  kibibyte,
  16 * kibibyte,
  256 * kibibyte,
  1024 * kibibyte,
  4096 * kibibyte,
  8192 * kibibyte,
  16_384 * kibibyte,
] as const;

const itemBuckets = [1, 10, 50, 100, 200, 500, 1000, 2000, 5000] as const;

/** Every call that ended. */
export const callInstruments = {
  rpc_client_call_duration_seconds: histogram(
    'Duration of calls as their client sees them, from the first byte of the request to the last of the answer.',
    ['rpc_system_name', 'server_address', 'rpc_method', 'rpc_status_code', 'error_type'],
    durationBuckets,
    { exemplars: true },
  ),
  rpc_server_call_duration_seconds: histogram(
    'Duration of calls as the runtime sees them; the same as the client’s where only one time per byte is known.',
    ['rpc_system_name', 'rpc_method', 'rpc_status_code', 'error_type'],
    durationBuckets,
    { exemplars: true },
  ),
  cri_calls_total: counter(
    'Calls that ended, by the program that made them and the API version that it used.',
    ['service', 'api_version', 'caller'],
  ),
  cri_calls_in_flight: gauge('Calls that have begun and not ended, at the time of the scrape.', [
    'rpc_method',
  ]),
  cri_calls_in_flight_oldest_age_seconds: gauge(
    'Time since the oldest call in flight began; streams that go on for as long as their client likes are left out.',
    ['rpc_method'],
    { unit: 'seconds' },
  ),
  cri_request_size_bytes: histogram('Message bytes of the request of a call.', ['rpc_method'], sizeBuckets, {
    unit: 'bytes',
  }),
  cri_response_size_bytes: histogram(
    'Message bytes of the response of a call, all messages of a stream together.',
    ['rpc_method'],
    sizeBuckets,
    { unit: 'bytes' },
  ),
  cri_response_largest_bytes: gauge(
    'Largest response of one message within the last five to ten minutes.',
    ['rpc_method'],
    { unit: 'bytes' },
  ),
  cri_message_limit_bytes: gauge(
    'The size of one message that kubelet and containerd accept; CRI-O sends up to five times as much.',
    [],
    { unit: 'bytes' },
  ),
  cri_list_items: histogram('Items of a list reply.', ['rpc_method'], itemBuckets, { unit: 'count' }),
  cri_deadline_exceeded_total: counter(
    'Calls that were over when their deadline was: answered DEADLINE_EXCEEDED, or reset by their client then.',
    ['rpc_method'],
  ),
} as const;
