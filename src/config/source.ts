import type { KubeletEndpoints } from './kubelet.ts';
import { describeProvenance } from './provenance.ts';
import type { ResolvedConfig } from './resolve.ts';

export interface ChosenSource {
  readonly mode: 'tap' | 'proxy';
  /** Why it is not the tap, where nobody has said so; null where somebody has, or where it is. */
  readonly why: string | null;
}

/**
 * Where `auto` leads. The proxy serves only who is pointed at its socket: it is chosen where that socket was asked for,
 * or where the kubelet is pointed at it and would be without a runtime; everywhere else the tap.
 */
export const chooseSource = (
  { config, provenance }: Pick<ResolvedConfig, 'config' | 'provenance'>,
  kubelet: KubeletEndpoints | null,
): ChosenSource => {
  if (config.source !== 'auto') return { mode: config.source, why: null };
  for (const name of ['listen', 'image-listen'] as const) {
    const where = provenance[name];
    if (where.from === 'default') continue;
    return { mode: 'proxy', why: `${name} is set by ${describeProvenance(where)}` };
  }
  return kubelet?.runtime === config.listen || kubelet?.image === config['image-listen']
    ? { mode: 'proxy', why: `the kubelet (pid ${kubelet.pid}) is pointed at its socket` }
    : { mode: 'tap', why: null };
};
