import type { NegotiationJson } from '../../api.ts';
import { useAnswer } from '../answer.ts';
import { dayAndClock, words } from '../format.ts';
import { Empty, Failed, Loading } from '../parts/notice.tsx';
import { linkTo, onlyDataset } from '../route.ts';
import type { ViewProps } from './view.ts';

const lineHeight = 34;
const left = 12;
const right = 348;

const toneOf = (status: string): string => (status === 'OK' ? 'ok' : status === 'none' ? 'quiet' : 'failed');

/** What was asked and what was answered, as a sequence of arrows between the caller and the runtime. */
const Exchange = ({ negotiation }: { negotiation: NegotiationJson }) => {
  const { probes, caller } = negotiation;
  const height = Math.max(1, probes.length) * 2 * lineHeight + 16;
  const said = probes.map(({ version, status }) => `${version}? ${status}`).join('; ');
  return (
    <div class="exchange">
      <div class="exchange-ends" aria-hidden="true">
        <span>{caller}</span>
        <span>runtime</span>
      </div>
      <svg
        viewBox={`0 0 360 ${height}`}
        role="img"
        aria-label={said === '' ? 'no question was seen' : `asked and answered: ${said}`}
      >
        <line class="exchange-life" x1={left} x2={left} y1="0" y2={height} />
        <line class="exchange-life" x1={right} x2={right} y1="0" y2={height} />
        {probes.length === 0 ? (
          <text class="exchange-text quiet" x="180" y={height / 2} text-anchor="middle">
            no question was seen
          </text>
        ) : null}
        {probes.map(({ version, status }, nth) => {
          const ask = nth * 2 * lineHeight + 22;
          const reply = ask + lineHeight;
          const tone = toneOf(status);
          return (
            <g key={`${version} ${ask}`}>
              <text class="exchange-text" x="180" y={ask - 6} text-anchor="middle">
                {version}?
              </text>
              <line class="exchange-ask" x1={left} x2={right - 7} y1={ask} y2={ask} />
              <path class="exchange-head-ask" d={`M${right} ${ask}l-8 -4v8z`} />
              <text class={`exchange-text exchange-${tone}`} x="180" y={reply - 6} text-anchor="middle">
                {status === 'none' ? 'no answer' : status}
              </text>
              <line
                class={`exchange-reply exchange-line-${tone}`}
                x1={left + 7}
                x2={right}
                y1={reply}
                y2={reply}
              />
              <path class={`exchange-fill-${tone}`} d={`M${left} ${reply}l8 -4v8z`} />
            </g>
          );
        })}
      </svg>
    </div>
  );
};

const verdictTone = ({ failed, deprecated, verdict }: NegotiationJson): string =>
  failed ? 'status-failed' : deprecated || verdict === 'undetermined' ? 'status-other' : 'status-ok';

export const Versions = ({ route, dataset, live }: ViewProps) => {
  const version = Math.floor((live.tick?.now ?? 0) / 5_000);
  const answer = useAnswer<readonly NegotiationJson[]>(`/api/negotiations?d=${dataset.id}`, version);
  const deprecated = (answer.value ?? []).filter((negotiation) => negotiation.deprecated).length;
  return (
    <>
      <h1>Versions</h1>
      <p class="lede quiet">
        {deprecated > 0
          ? `${deprecated} of these speak the deprecated v1alpha2, which containerd 2.0 and CRI-O 1.26 no longer serve: they come first.`
          : 'How each caller and the runtime came to the API version that they speak.'}
      </p>
      {answer.error !== null ? <Failed error={answer.error} /> : null}
      {answer.value === null ? (
        <Loading />
      ) : answer.value.length === 0 ? (
        <Empty title="No negotiation was seen">
          A caller asks for its version when it starts. Who was there before critrace is listed after its next
          call to Version.
        </Empty>
      ) : (
        <ul class="cards">
          {answer.value.map((negotiation) => (
            <li
              key={negotiation.trace}
              class={`card ${negotiation.failed ? 'card-failed' : negotiation.deprecated ? 'card-warn' : ''}`}
            >
              <div class="card-head">
                <strong>
                  {negotiation.caller}
                  {negotiation.pid === null ? null : <span class="quiet number"> {negotiation.pid}</span>}
                </strong>
                <span class="quiet">{negotiation.service}</span>
                <span class={`status ${verdictTone(negotiation)}`}>{words(negotiation.verdict)}</span>
              </div>
              <Exchange negotiation={negotiation} />
              <p>{negotiation.explanation}</p>
              <p class="quiet">
                {dayAndClock(negotiation.at)} UTC, on <code>{negotiation.endpoint}</code>
                {negotiation.previous === '' ? '' : `, the process before it: ${words(negotiation.previous)}`}
                {negotiation.attempt > 1 ? `, the ${negotiation.attempt}th in a row with this end` : ''}
                {negotiation.inferred ? ', inferred' : ''}{' '}
                <a href={linkTo('trace', negotiation.trace, onlyDataset(route.query))}>the calls</a>
              </p>
            </li>
          ))}
        </ul>
      )}
    </>
  );
};
