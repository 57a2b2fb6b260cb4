import type { FoundAttributeName, NamesOf, WhoseAttributeName } from './attribute-names.ts';
import type { AttributeRow } from './attributes.ts';

/** What the span of a casualty has beside what it shares with symptoms and calls. */
export const casualtyAttributeRows = [
  {
    name: 'cri.casualty.cgroup',
    on: 'casualty',
    type: 'string',
    when: 'its cgroup is known: from the root of its hierarchy',
    example: '/kubepods/burstable/pod6c1ae1b5/2f1d',
  },
  {
    name: 'cri.casualty.ended',
    on: 'casualty',
    type: 'boolean',
    when: '`frozen`: it goes on again, or is gone',
    example: true,
  },
] as const satisfies readonly AttributeRow[];

/** Names that may stand on the span of a casualty. */
export type CasualtyAttributeName =
  | NamesOf<typeof casualtyAttributeRows>
  | FoundAttributeName
  | WhoseAttributeName
  | 'process.pid'
  | 'process.executable.name'
  | 'container.id';
