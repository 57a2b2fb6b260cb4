import type { Nanos } from '../../foundation/time.ts';
import { percentsOf } from './shares.ts';
import type { KernelShare } from './story.ts';

/** Shares told one by one; what is smaller is told as one. */
const told = 5;

const millis = (ns: Nanos): string => {
  const ms = Number(ns) / 1e6;
  return `${ms >= 10 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
};

const ofText = ({ of }: KernelShare): string =>
  of.length === 0 ? '' : ` (${of.map(({ name, ns }) => `${name} ${millis(ns)}`).join(', ')})`;

/** `61 % CNI (bridge 120 ms, portmap 31 ms), 22 % runc create, 17 % unexplained`: always 100 % together; less than half of one is left out. */
export const breakdownText = (shares: readonly KernelShare[], unexplainedNs: Nanos): string => {
  const first = shares.slice(0, told);
  let restNs = 0n;
  for (const { ns } of shares.slice(told)) restNs += ns;
  const parts = [
    ...first.map((share) => ({ text: `${share.name}${ofText(share)}`, ns: share.ns })),
    { text: `${shares.length - first.length} more`, ns: restNs },
    { text: 'unexplained', ns: unexplainedNs },
  ].filter(({ ns }) => ns > 0n);
  const percents = percentsOf(parts.map(({ ns }) => ns));
  return parts
    .flatMap(({ text }, at) => (percents[at] === 0 ? [] : [`${percents[at]} % ${text}`]))
    .join(', ');
};
