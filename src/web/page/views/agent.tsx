import { useState } from 'preact/hooks';
import type { HealthJson, OutlookJson, OverviewJson } from '../../api.ts';
import { useAnswer } from '../answer.ts';
import { bytes, count, duration, plural } from '../format.ts';
import { jaegerAddress, keepJaegerAddress } from '../jaeger.ts';
import { Empty, Failed, Loading } from '../parts/notice.tsx';
import { Tile, Tiles } from '../parts/tile.tsx';
import type { ViewProps } from './view.ts';

type Leaf = readonly [name: string, value: string | number | boolean];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Counters by the name of their layer, those within it as `a.b`; what is zero says nothing. */
const leavesOf = (value: unknown, prefix: string): readonly Leaf[] => {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean')
    return value === 0 || value === '' ? [] : [[prefix, value]];
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    leavesOf(inner, prefix === '' ? name : `${prefix}.${name}`),
  );
};

/** A counter of what was not seen, not kept or not understood. */
const isLoss = (name: string): boolean =>
  /lost|drop|evict|gap|fault|error|torn|oversize|damag|skipped|over[A-Z]|not[A-Z]/i.test(name);

const Counters = ({ title, leaves }: { title: string; leaves: readonly Leaf[] }) => (
  <section class="counters">
    <h3>{title}</h3>
    <dl>
      {leaves.map(([name, value]) => (
        <div key={name} class={isLoss(name) ? 'loss' : ''}>
          <dt>{name}</dt>
          <dd class="number">{typeof value === 'number' ? count(value) : String(value)}</dd>
        </div>
      ))}
    </dl>
  </section>
);

const numberAt = (value: unknown, ...path: readonly string[]): number => {
  const found = path.reduce<unknown>((at, name) => (isRecord(at) ? at[name] : undefined), value);
  return typeof found === 'number' ? found : 0;
};

const Jaeger = () => {
  const [address, setAddress] = useState(jaegerAddress());
  return (
    <label class="field field-wide">
      <span>Address of your Jaeger, for links from traces. It is kept in this browser.</span>
      <input
        type="url"
        value={address}
        placeholder="http://localhost:16686"
        onInput={(event) => {
          setAddress(event.currentTarget.value);
          keepJaegerAddress(event.currentTarget.value.trim());
        }}
      />
    </label>
  );
};

/** A layer of layers (the pipeline) is shown by its parts. */
const partsOf = ([name, of]: readonly [string, unknown]): readonly (readonly [string, unknown])[] =>
  isRecord(of) && Object.values(of).every(isRecord)
    ? Object.entries(of).map(([part, inner]): readonly [string, unknown] => [`${name}: ${part}`, inner])
    : [[name, of]];

const Sight = ({ outlook }: { outlook: OutlookJson }) => (
  <section>
    <h2>
      What is seen here{outlook.mode === 'tap' ? ', in the kernel (tap)' : ', through the relay (proxy)'}
    </h2>
    <div class="sight">
      <div class="card">
        <h3>It sees</h3>
        <ul>
          {outlook.sees.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </div>
      <div class="card">
        <h3>It cannot see</h3>
        <ul>
          {outlook.parts.map(({ part, problem }) =>
            problem === null ? null : (
              <li key={part} class="warn">
                {part}: {problem}
              </li>
            ),
          )}
          {outlook.seesNot.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      </div>
    </div>
    <p class="quiet">
      <code>critrace doctor</code> on this machine says more, and what would change it.
    </p>
  </section>
);

const Running = ({ health, outlook }: { health: unknown; outlook: OutlookJson | null }) => {
  const uptime = numberAt(health, 'process', 'uptimeSeconds');
  const cpu = numberAt(health, 'process', 'cpuSeconds');
  const layers = isRecord(health) ? Object.entries(health).filter(([name]) => name !== 'process') : [];
  const losses = layers.flatMap(([name, of]) => leavesOf(of, name)).filter(([name]) => isLoss(name));
  return (
    <>
      <Tiles>
        <Tile label="Running for" value={duration(uptime * 1000)} />
        <Tile
          label="Of one core"
          value={uptime > 0 ? `${((cpu / uptime) * 100).toFixed(2)} %` : '–'}
          note={`${cpu.toFixed(1)} s in all`}
        />
        <Tile
          label="Memory"
          value={bytes(numberAt(health, 'process', 'rssBytes'))}
          note="resident, libraries included"
        />
        <Tile
          label="Lost or left out"
          value={losses.length === 0 ? 'nothing' : plural(losses.length, 'counter')}
          tone={losses.length === 0 ? 'plain' : 'warn'}
          note={losses.length === 0 ? 'every counter of loss is zero' : 'marked below'}
        />
      </Tiles>
      {outlook === null ? null : <Sight outlook={outlook} />}
      <div class="counters-grid">
        {layers.flatMap(partsOf).map(([name, of]) => {
          const leaves = leavesOf(of, '');
          return leaves.length === 0 ? null : <Counters key={name} title={name} leaves={leaves} />;
        })}
      </div>
    </>
  );
};

export const Agent = ({ dataset, live }: ViewProps) => {
  const version = Math.floor((live.tick?.now ?? 0) / 2_000);
  const overview = useAnswer<OverviewJson>(`/api/overview?d=${dataset.id}`, version);
  const health = useAnswer<HealthJson>(`/api/health?d=${dataset.id}`, version);
  const error = overview.error ?? health.error;
  return (
    <>
      <h1>Agent</h1>
      {error !== null ? <Failed error={error} /> : null}
      {health.value === null ? (
        <Loading />
      ) : health.value.counters === null ? (
        <Empty title="No agent is behind this">
          What is shown was {dataset.kind === 'capture' ? 'recorded' : 'stored'} earlier: of the process that
          saw it, nothing is known here. <code>critrace doctor</code> says what critrace can see on a machine.
        </Empty>
      ) : (
        <Running health={health.value.counters} outlook={health.value.outlook} />
      )}
      <section>
        <h2>What is looked at</h2>
        <p class="quiet">
          {dataset.label} ({dataset.kind})
        </p>
        {overview.value === null ? null : (
          <Counters title="index" leaves={leavesOf(overview.value.indexed, '')} />
        )}
      </section>
      <section>
        <h2>Jaeger</h2>
        <Jaeger />
      </section>
    </>
  );
};
