import type { Symptom } from '../calls/unreturned/symptom.ts';
import type { MetricBook } from './book.ts';
import { methodOf } from './call-metrics.ts';

/** What symptoms add to the metrics: each thing once, however often it is told anew. */
export interface SymptomMetrics {
  told(symptom: Symptom): void;
}

/** What of a symptom has been counted. */
interface Counted {
  retries: number;
  evidence: string | null;
  instead: string | null;
}

type RetryChain = Extract<Symptom, { kind: 'retry_chain' }>;
type FeatureFallback = Extract<Symptom, { kind: 'feature_fallback' }>;
type Convoy = Extract<Symptom, { kind: 'convoy' }>;

export const createSymptomMetrics = (
  book: MetricBook,
  recognises: (method: string) => boolean,
  maxRemembered: number,
): SymptomMetrics => {
  const counted = new Map<string, Counted>();

  const countedOf = ({ kind, calls: [first] }: Symptom): Counted => {
    const key = `${kind} ${first.connection} ${first.stream}`;
    const one = counted.get(key) ?? { retries: 0, evidence: null, instead: null };
    counted.delete(key);
    if (counted.size >= maxRemembered) {
      const [oldest] = counted.keys();
      if (oldest !== undefined) counted.delete(oldest);
    }
    counted.set(key, one);
    return one;
  };

  const retryChain = (chain: RetryChain, rpc_method: string): void => {
    const before = countedOf(chain);
    if (chain.revision === 0) book.add('cri_given_up_calls_total', { rpc_method, cause: chain.cause });
    const retries = chain.count - 1;
    if (retries > before.retries) {
      if (before.retries === 0) book.add('cri_retry_chains_total', { rpc_method });
      book.add('cri_retries_total', { rpc_method }, retries - before.retries);
      before.retries = retries;
    }
    const evidence = chain.zombie?.evidence ?? 'none';
    if (evidence !== 'none' && before.evidence === null) {
      book.add('cri_zombie_calls_total', { rpc_method, evidence });
      before.evidence = evidence;
    }
  };

  const convoy = ({ revision, count, followers }: Convoy, rpc_method: string): void => {
    if (revision > 0) return;
    const waitedNs = followers.reduce((sum, one) => sum + one.waitedNs, 0n);
    book.add('cri_convoys_total', { rpc_method });
    book.add('cri_convoy_followers_total', { rpc_method }, count);
    book.add('cri_convoy_wait_seconds_total', { rpc_method }, Number(waitedNs) / 1e9);
  };

  const fallback = (symptom: FeatureFallback, rpc_method: string): void => {
    const before = countedOf(symptom);
    if (symptom.instead === null || before.instead !== null) return;
    before.instead = symptom.instead;
    // The twin of a method that the table of features names: few.
    book.add('cri_feature_fallbacks_total', {
      feature: symptom.feature,
      rpc_method,
      instead: symptom.instead,
    });
  };

  return {
    told(symptom) {
      const [first] = symptom.calls;
      const rpc_method = methodOf(first, recognises);
      switch (symptom.kind) {
        case 'stuck_call':
          if (symptom.revision === 0) book.add('cri_stuck_calls_total', { rpc_method });
          return;
        case 'retry_chain':
          retryChain(symptom, rpc_method);
          return;
        case 'convoy':
          convoy(symptom, rpc_method);
          return;
        case 'message_limit':
          if (symptom.revision === 0)
            book.add('cri_message_limit_findings_total', {
              rpc_method,
              refused_by: symptom.refusedBy ?? 'none',
            });
          return;
        case 'feature_fallback':
          fallback(symptom, rpc_method);
          return;
        case 'stream_interval':
          return;
      }
    },
  };
};
