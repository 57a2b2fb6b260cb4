import { programOf } from '../calls/caller.ts';
import type { Negotiation } from '../calls/negotiation/finding.ts';
import type { MetricBook } from './book.ts';
import type { BoundedNames } from './bounded-names.ts';
import type { LabelsOf } from './instruments/table.ts';

/** Which API version each kind of program came to use. */
export interface NegotiationMetrics {
  told(negotiation: Negotiation): void;
  /** Before a page is written. */
  collect(): void;
}

type Labels = LabelsOf<'cri_negotiation_verdict'>;

export const createNegotiationMetrics = (
  book: MetricBook,
  endpoints: BoundedNames,
  callers: BoundedNames,
): NegotiationMetrics => {
  /** The newest verdict of each endpoint, service and program, and all that were; bounded by these. */
  const verdicts = new Map<string, { current: string; readonly ever: Map<string, Labels> }>();

  return {
    told({ endpoint, service, caller, verdict }) {
      const labels = {
        server_address: endpoints(endpoint),
        service,
        caller: callers(programOf(caller.comm)),
        verdict,
      };
      const key = `${labels.server_address}\n${service}\n${labels.caller}`;
      const known = verdicts.get(key) ?? { current: verdict, ever: new Map<string, Labels>() };
      known.current = verdict;
      known.ever.set(verdict, labels);
      verdicts.set(key, known);
      book.add('cri_negotiations_total', { server_address: labels.server_address, service, verdict });
    },
    collect() {
      const readings = [...verdicts.values()].flatMap(({ current, ever }) =>
        [...ever.values()].map((labels) => ({ labels, value: labels.verdict === current ? 1 : 0 })),
      );
      book.replace('cri_negotiation_verdict', readings);
    },
  };
};
