import { toRfc3339 } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';
import { durationText } from './call-text.ts';
import { painter } from './colour.ts';
import type { CompactOptions } from './compact.ts';
import { explanationText, serviceText, spanResultText } from './span-text.ts';
import { fit, terminalText } from './terminal-text.ts';

/** One line for a span that is no call: an operation, a negotiation, a symptom. */
export const renderStoredSpan = (span: Span, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  const said = explanationText(span) || spanResultText(span);
  return [
    paint('dim', toRfc3339(span.start).slice(11, 26)),
    fit(serviceText(span), 10),
    paint('bold', fit(terminalText(span.name), 26)),
    durationText(span.end - span.start).padStart(8),
    span.status.code === 'error' ? paint('red', said) : said,
  ].join(' ');
};
