import { programOf } from '../calls/caller.ts';
import type { ConnectionFinding } from '../calls/finding.ts';
import type { MetricBook } from './book.ts';
import type { BoundedNames } from './bounded-names.ts';

/** What befell connections as such: each once, also where it is told anew because more bytes were lost. */
export const connectionMetrics = (
  book: MetricBook,
  { finding, endpoint, caller, revision }: ConnectionFinding,
  endpoints: BoundedNames,
  callers: BoundedNames,
): void => {
  if (revision > 0) return;
  const labels = { server_address: endpoints(endpoint), caller: callers(programOf(caller.comm)) };
  if (finding === 'refused') book.add('cri_connections_refused_total', labels);
  else book.add('cri_connections_impaired_total', { ...labels, reason: finding });
};
