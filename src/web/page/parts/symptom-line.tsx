import type { SymptomJson } from '../../api.ts';
import { clock, words } from '../format.ts';
import { linkTo } from '../route.ts';

/** One finding: what it is, what to do, and the calls that it rests on. */
export const SymptomLine = ({ symptom, query }: { symptom: SymptomJson; query: URLSearchParams }) => (
  <li class={`finding ${symptom.failed ? 'finding-failed' : 'finding-warn'}`}>
    <div class="finding-head">
      <strong>{words(symptom.kind)}</strong>
      <span class="quiet number">{clock(symptom.at)}</span>
      {symptom.pod === '' ? null : <span class="quiet">{symptom.pod}</span>}
    </div>
    <p>{symptom.explanation}</p>
    <p class="finding-evidence">
      {symptom.evidence.slice(0, 6).map((trace, nth) => (
        <a key={trace} href={linkTo('trace', trace, query)}>
          {nth === 0 ? 'show it' : `call ${nth + 1}`}
        </a>
      ))}
      {symptom.evidence.length > 6 ? <span class="quiet">and {symptom.evidence.length - 6} more</span> : null}
    </p>
  </li>
);
