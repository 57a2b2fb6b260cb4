import { useMemo } from 'preact/hooks';
import type { NegotiationJson, OperationJson, SymptomJson } from '../../api.ts';
import { useAnswer } from '../answer.ts';
import { words } from '../format.ts';
import { Empty, Failed, Loading } from '../parts/notice.tsx';
import { SymptomLine } from '../parts/symptom-line.tsx';
import { onlyDataset, stay } from '../route.ts';
import type { ViewProps } from './view.ts';

/** What to do where a step failed, by the method that it was. */
const advice: readonly (readonly [method: string, what: string])[] = [
  ['PullImage', 'Check the name of the image, and that its registry can be reached from this node.'],
  ['RunPodSandbox', 'Look at the network plugin and at the log of the runtime.'],
  ['CreateContainer', 'Look at mounts, devices and the disk of the runtime; its log says more.'],
  ['StartContainer', 'Look at the command of the container, its limits and the log of the runtime.'],
  ['Stop', 'Look at the shim of the container and the log of the runtime.'],
];

const adviceFor = (detail: string): string =>
  advice.find(([method]) => detail.startsWith(method))?.[1] ?? 'The calls of it say more.';

/** A start that failed and a version that was refused are findings, too: told in the same form. */
const ofOperation = (operation: OperationJson): SymptomJson => ({
  trace: operation.trace,
  kind: `${operation.kind}_${operation.outcome}`,
  at: operation.at,
  ms: operation.ms,
  caller: '',
  method: '',
  pod: operation.pod,
  failed: true,
  explanation: `${operation.detail === '' ? 'No more is known' : operation.detail}. ${adviceFor(operation.detail)}`,
  evidence: [operation.trace],
});

const ofNegotiation = (negotiation: NegotiationJson): SymptomJson => ({
  trace: negotiation.trace,
  kind: negotiation.failed ? negotiation.verdict : 'deprecated_version',
  at: negotiation.at,
  ms: 0,
  caller: negotiation.caller,
  method: '',
  pod: '',
  failed: negotiation.failed,
  explanation: negotiation.explanation,
  evidence: [negotiation.trace],
});

export const Findings = ({ route, dataset, live }: ViewProps) => {
  const version = `${live.tick?.symptoms ?? 0} ${live.tick?.operations ?? 0} ${Math.floor((live.tick?.now ?? 0) / 5_000)}`;
  const symptoms = useAnswer<readonly SymptomJson[]>(`/api/symptoms?d=${dataset.id}`, version);
  const operations = useAnswer<readonly OperationJson[]>(`/api/operations?d=${dataset.id}`, version);
  const negotiations = useAnswer<readonly NegotiationJson[]>(`/api/negotiations?d=${dataset.id}`, version);
  const all = useMemo(
    () =>
      [
        ...(symptoms.value ?? []),
        ...(operations.value ?? []).filter(({ failed }) => failed).map(ofOperation),
        ...(negotiations.value ?? [])
          .filter(({ failed, deprecated }) => failed || deprecated)
          .map(ofNegotiation),
      ].sort((one, other) => other.at - one.at),
    [symptoms.value, operations.value, negotiations.value],
  );
  const kinds = [...new Set(all.map(({ kind }) => kind))].sort();
  const kind = route.query.get('kind') ?? '';
  const shown = all.filter((found) => kind === '' || found.kind === kind).slice(0, 500);
  const error = symptoms.error ?? operations.error ?? negotiations.error;
  return (
    <>
      <h1>Findings</h1>
      {kinds.length === 0 ? null : (
        <fieldset class="choices">
          <legend class="hidden">Which findings</legend>
          <button
            type="button"
            class="choice"
            aria-pressed={kind === ''}
            onClick={() => stay(route, { kind: null })}
          >
            all <span class="number quiet">{all.length}</span>
          </button>
          {kinds.map((name) => (
            <button
              key={name}
              type="button"
              class="choice"
              aria-pressed={kind === name}
              onClick={() => stay(route, { kind: name })}
            >
              {words(name)}{' '}
              <span class="number quiet">{all.filter((found) => found.kind === name).length}</span>
            </button>
          ))}
        </fieldset>
      )}
      {error !== null ? <Failed error={error} /> : null}
      {symptoms.value === null && error === null ? (
        <Loading />
      ) : shown.length === 0 ? (
        <Empty title="Nothing was found">
          No call is stuck, none was given up and tried again, none held up others, and no version was refused
          in what is looked at here.
        </Empty>
      ) : (
        <ul class="findings">
          {shown.map((found) => (
            <SymptomLine
              key={`${found.kind} ${found.trace} ${found.at}`}
              symptom={found}
              query={onlyDataset(route.query)}
            />
          ))}
        </ul>
      )}
    </>
  );
};
