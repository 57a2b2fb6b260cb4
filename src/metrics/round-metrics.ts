import type { Round } from '../calls/rounds/round.ts';
import type { MetricBook } from './book.ts';
import { secondsBetween } from './call-metrics.ts';

/** What one round of a client's loops adds to the metrics. */
export const roundMetrics = (book: MetricBook, of: Round): void => {
  const round = of.kind;
  book.observe('cri_round_duration_seconds', { round }, secondsBetween(of.start, of.end));
  book.add('cri_round_calls_total', { round }, of.calls);
  if (of.errors > 0) book.add('cri_round_failed_total', { round });
  if (round !== 'pleg_relist') return;
  if (of.staleNs !== null) book.observe('cri_relist_staleness_seconds', {}, Number(of.staleNs) / 1e9);
  if (of.isUnhealthy) book.add('cri_relist_unhealthy_total', {});
  const items = [
    { labels: { what: 'sandboxes' }, value: of.sandboxes },
    { labels: { what: 'containers' }, value: of.containers },
  ];
  book.replace(
    'cri_relist_items',
    items.flatMap(({ labels, value }) => (value === null ? [] : [{ labels, value }])),
  );
};
