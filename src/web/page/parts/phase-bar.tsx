import type { PartsJson } from '../../api.ts';
import { duration } from '../format.ts';

export const phases = [
  { name: 'sandbox', label: 'sandbox and network' },
  { name: 'imagePull', label: 'pulling images' },
  { name: 'containers', label: 'containers' },
  { name: 'init', label: 'init containers running' },
  { name: 'hooks', label: 'hooks' },
  { name: 'pullQueue', label: 'waiting for pulls of others' },
  { name: 'client', label: "kubelet's own time" },
] as const;

/** What an operation consisted of, as long as it took on the scale of all that are shown. */
export const PhaseBar = ({ parts, ms, scale }: { parts: PartsJson; ms: number; scale: number }) => {
  const sum = phases.reduce((total, { name }) => total + parts[name], 0);
  // Parts may overlap: what they are of the whole is shown, never more than the whole.
  const whole = Math.max(ms, sum, 1e-6);
  const said = phases
    .filter(({ name }) => parts[name] > 0)
    .map(({ name, label }) => `${label} ${duration(parts[name])}`)
    .join(', ');
  return (
    <span class="phases" role="img" aria-label={said === '' ? 'no phases' : said} title={said}>
      <span class="phases-whole" style={{ width: `${Math.max(0.5, (ms / Math.max(scale, 1e-6)) * 100)}%` }}>
        {phases.map(({ name }) =>
          parts[name] <= 0 ? null : (
            <span
              key={name}
              class={`phase phase-${name}`}
              style={{ width: `${(parts[name] / whole) * 100}%` }}
            />
          ),
        )}
      </span>
    </span>
  );
};

export const PhaseLegend = () => (
  <ul class="legend" aria-label="Colours of the phases">
    {phases.map(({ name, label }) => (
      <li key={name}>
        <span class={`swatch phase-${name}`} aria-hidden="true" />
        {label}
      </li>
    ))}
  </ul>
);
