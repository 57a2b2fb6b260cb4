import { hash } from 'node:crypto';
import type { RuntimeSeen, Upgrade, UpgradeEvent } from '../calls/upgrades/upgrade.ts';
import { notAllZeros } from './ids.ts';
import type { ResourceBook } from './resources.ts';
import type { Attributes, AttributeValue, Span } from './span.ts';
import type { UpgradeAttributeName } from './upgrade-attributes.ts';

const runtimeText = ({ name, comm, version }: RuntimeSeen): string =>
  `${name ?? comm ?? 'unknown'}${version === null ? '' : ` ${version}`}`;

const unservedMs = ({ unserved, end }: Upgrade): number =>
  Math.max(0, ...unserved.map(({ since, until }) => Number((until ?? end) - since) / 1e6));

const eventOf = (event: UpgradeEvent): { readonly name: string; readonly attributes: Attributes } => {
  switch (event.kind) {
    case 'runtime':
      return {
        name: 'runtime changed',
        attributes: {
          'cri.upgrade.before': runtimeText(event.before),
          'cri.upgrade.after': runtimeText(event.after),
          ...(event.after.pid === null ? {} : { 'process.pid': event.after.pid }),
        },
      };
    case 'unreachable':
      return { name: 'runtime not reachable', attributes: { 'cri.upgrade.refused': event.count } };
    case 'verdict':
      return {
        name: event.change.replaceAll('_', ' '),
        attributes: {
          'cri.service': event.service,
          'cri.negotiation.verdict': event.verdict,
          'cri.negotiation.change': event.change,
          'cri.negotiation.attempt': event.count,
          ...(event.caller.pid === null ? {} : { 'process.pid': event.caller.pid }),
        },
      };
    case 'served':
      return {
        name: 'served again',
        attributes: {
          'cri.service': event.service,
          'cri.upgrade.unserved_ms': Number(event.unservedNs) / 1e6,
        },
      };
  }
};

/** One INTERNAL span, a trace of its own, with what happened as its events: when it is over, or the input is. */
export const spansOfUpgrade = (
  found: Upgrade,
  identity: string,
  resources: ResourceBook,
  isEndOfInput: boolean,
): readonly Span[] => {
  if (!found.isOver && !isEndOfInput) return [];
  const digest = hash('sha256', `upgrade\n${identity}\n${found.endpoint}\n${found.start}`);
  const said: Partial<Record<UpgradeAttributeName, AttributeValue>> = {
    'server.address': found.endpoint,
    'cri.upgrade.over': found.isOver,
    'cri.upgrade.unserved_ms': unservedMs(found),
    'cri.upgrade.explanation': found.explanation,
  };
  if (found.before !== null) said['cri.upgrade.before'] = runtimeText(found.before);
  if (found.after !== null) said['cri.upgrade.after'] = runtimeText(found.after);
  return [
    {
      traceId: notAllZeros(digest.slice(0, 32)),
      spanId: notAllZeros(digest.slice(32, 48)),
      parentSpanId: null,
      parentIsRemote: false,
      traceState: null,
      traceFlags: 1,
      name: 'runtime change',
      kind: 'internal',
      start: found.start,
      end: found.end,
      attributes: said,
      status: found.isOver ? { code: 'unset', message: null } : { code: 'error', message: found.explanation },
      events: found.events.map((event) => ({ ...eventOf(event), at: event.at })),
      links: [],
      resource: resources.callerOf(found),
    },
  ];
};
