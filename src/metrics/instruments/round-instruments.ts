import { counter, gauge, histogram } from './instrument.ts';

const roundBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180] as const;

/** What a kubelet does again and again: relists, status, statistics, garbage collection. */
export const roundInstruments = {
  cri_round_duration_seconds: histogram(
    'Duration of one round of a kubelet’s loops, over all of its calls.',
    ['round'],
    roundBuckets,
  ),
  cri_round_calls_total: counter('Calls of such rounds.', ['round']),
  cri_round_failed_total: counter('Rounds in which a call failed.', ['round']),
  cri_relist_staleness_seconds: histogram(
    'How old the relist before was when the lists of the next one were there; at 180 s a kubelet calls itself unhealthy.',
    [],
    roundBuckets,
  ),
  cri_relist_unhealthy_total: counter(
    'Relists that came so late that the kubelet had called its node NotReady.',
  ),
  cri_relist_items: gauge('Sandboxes and containers that the newest relist found, dead ones included.', [
    'what',
  ]),
} as const;
