import { useState } from 'preact/hooks';
import type { PartsJson, SpanJson, TraceJson, WaitJson } from '../../api.ts';
import { useAnswer } from '../answer.ts';
import { dayAndClock, duration } from '../format.ts';
import { jaegerLink } from '../jaeger.ts';
import { Failed, Loading } from '../parts/notice.tsx';
import { phases } from '../parts/phase-bar.tsx';
import { SymptomLine } from '../parts/symptom-line.tsx';
import { Waterfall } from '../parts/waterfall.tsx';
import { go, linkTo, onlyDataset, stay, withChanges } from '../route.ts';
import type { ViewProps } from './view.ts';

const attributeNames: Readonly<Record<keyof PartsJson, string>> = {
  sandbox: 'cri.operation.sandbox_ms',
  imagePull: 'cri.operation.image_pull_ms',
  containers: 'cri.operation.containers_ms',
  hooks: 'cri.operation.hooks_ms',
  init: 'cri.operation.init_ms',
  pullQueue: 'cri.operation.pull_queue_ms',
  client: 'cri.operation.client_ms',
};

/** Where the time went, the longest part first. */
const Shares = ({ root }: { root: SpanJson }) => {
  const shares = phases
    .map(({ name, label }) => ({ name, label, ms: Number(root.attributes[attributeNames[name]] ?? 0) }))
    .filter(({ ms }) => ms > 0)
    .sort((one, other) => other.ms - one.ms);
  if (shares.length === 0) return null;
  return (
    <ul class="shares" aria-label="Where the time went">
      {shares.map(({ name, label, ms }) => (
        <li key={name}>
          <span class={`swatch phase-${name}`} aria-hidden="true" />
          {label} <span class="number strong">{duration(ms)}</span>{' '}
          <span class="number quiet">{Math.round((ms / Math.max(root.ms, 1e-6)) * 100)} %</span>
        </li>
      ))}
    </ul>
  );
};

const Attributes = ({ of }: { of: SpanJson['attributes'] }) => (
  <dl class="attributes">
    {Object.entries(of).map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{String(value)}</dd>
      </div>
    ))}
  </dl>
);

interface DetailsProps {
  readonly span: SpanJson;
  /** The runtime's side of a call. */
  readonly server: SpanJson | null;
  /** What it waited for, or what it is a wait for. */
  readonly waits: readonly WaitJson[];
  readonly hrefOf: (wait: WaitJson) => string;
  readonly onClose: () => void;
}

const Details = ({ span, server, waits, hrefOf, onClose }: DetailsProps) => (
  <aside class="details" aria-label={`Details of ${span.name}`}>
    <div class="section-head">
      <h2>{span.name}</h2>
      <button type="button" class="button" onClick={onClose}>
        Close <kbd>Esc</kbd>
      </button>
    </div>
    <p class="quiet">
      {span.service}, {span.kind === 'internal' ? 'a part' : `the ${span.kind}'s side`}, from +
      {duration(span.offsetMs)} for {duration(span.ms)}
    </p>
    {span.message === '' ? null : <p class="status-failed">{span.message}</p>}
    {waits.map((wait) => (
      <p key={wait.id} class="waited">
        Waited for <a href={hrefOf(wait)}>{wait.text}</a>
        {wait.evidence === '' ? '.' : `: ${wait.evidence}.`}
      </p>
    ))}
    <Attributes of={span.attributes} />
    {server === null ? null : (
      <>
        <h3>
          In {server.service}, for {duration(server.ms)}
        </h3>
        <Attributes of={kernelOf(server)} />
      </>
    )}
    {span.events.length === 0 ? null : (
      <ul class="events">
        {span.events.map((event) => (
          <li key={`${event.name} ${event.offsetMs}`}>
            <span class="number quiet">+{duration(event.offsetMs)}</span> {event.name}
          </li>
        ))}
      </ul>
    )}
  </aside>
);

/** What only the runtime's side says; the rest stands on both. */
const kernelOf = ({ attributes }: SpanJson): SpanJson['attributes'] =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith('cri.kernel.')));

const CopyLink = () => {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      class="button"
      onClick={() => {
        navigator.clipboard.writeText(location.href).then(
          () => setCopied(true),
          () => undefined,
        );
      }}
    >
      {copied ? 'Copied' : 'Copy link'}
    </button>
  );
};

export const Trace = ({ route, dataset }: ViewProps) => {
  const answer = useAnswer<TraceJson>(`/api/trace/${route.id ?? ''}?d=${dataset.id}`);
  const trace = answer.value;
  if (trace === null) return answer.error === null ? <Loading /> : <Failed error={answer.error} />;
  const [root] = trace.spans;
  const selected = trace.spans.find(({ id }) => id === route.query.get('span')) ?? null;
  const server = trace.spans.find(({ kind, parent }) => kind === 'server' && parent === selected?.id) ?? null;
  const outcome = root?.attributes['cri.operation.outcome'] ?? root?.attributes['rpc.status_code'] ?? '';
  const jaeger = jaegerLink(trace.trace);
  const waits = trace.waits.filter(({ id, waiter }) => id === selected?.id || waiter === selected?.id);
  const isHere = (wait: WaitJson): boolean => wait.trace === trace.trace;
  const queryOf = (wait: WaitJson): URLSearchParams =>
    withChanges(onlyDataset(route.query), { span: wait.span });
  const hrefOf = (wait: WaitJson): string => linkTo('trace', wait.trace, queryOf(wait));
  const follow = (wait: WaitJson): void =>
    isHere(wait) ? stay(route, { span: wait.span }) : go('trace', wait.trace, queryOf(wait));
  const select = (span: SpanJson | null): void => stay(route, { span: span?.id ?? null });
  return (
    <>
      <div class="section-head">
        <h1>{root?.name ?? 'Trace'}</h1>
        <span class="actions">
          <button type="button" class="button" onClick={() => history.back()}>
            Back
          </button>
          <CopyLink />
          {jaeger === null ? null : (
            <a class="button" href={jaeger} rel="noreferrer" target="_blank">
              Open in Jaeger
            </a>
          )}
        </span>
      </div>
      <p class="lede">
        <span class="number strong">{duration(trace.ms)}</span>{' '}
        <span class={root?.failed === true ? 'status status-failed' : 'status status-ok'}>
          {String(outcome)}
        </span>{' '}
        <span class="quiet">
          from {dayAndClock(trace.at)} UTC, trace <code>{trace.trace}</code>
        </span>
      </p>
      {root === undefined ? null : <Shares root={root} />}
      {trace.missing > 0 ? (
        <p class="warn">
          {trace.missing} parts of this trace are no longer there: what is shown is not all of it.
        </p>
      ) : null}
      <div class={selected === null ? 'trace' : 'trace trace-split'}>
        <Waterfall trace={trace} selected={selected?.id ?? null} onSelect={select} onFollow={follow} />
        {selected === null ? null : (
          <Details
            span={selected}
            server={server}
            waits={waits}
            hrefOf={hrefOf}
            onClose={() => select(null)}
          />
        )}
      </div>
      {trace.related.length === 0 ? null : (
        <section>
          <h2>Found about its calls</h2>
          <ul class="findings">
            {trace.related.map((symptom) => (
              <SymptomLine key={symptom.trace} symptom={symptom} query={onlyDataset(route.query)} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
};
