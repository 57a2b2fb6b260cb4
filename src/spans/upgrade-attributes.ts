import type { AttributeRow } from './attributes.ts';

/** Every attribute that the span of a runtime's change has beside those it shares with calls. */
export const upgradeAttributeRows = [
  {
    name: 'cri.upgrade.before',
    on: 'upgrade',
    type: 'string',
    when: 'the runtime before it was seen: its name and version, or its process name',
    example: 'containerd 1.6.20',
  },
  {
    name: 'cri.upgrade.after',
    on: 'upgrade',
    type: 'string',
    when: 'likewise, of the one at the end',
    example: 'containerd v2.1.4',
  },
  {
    name: 'cri.upgrade.over',
    on: 'upgrade',
    type: 'boolean',
    when: 'always: all services are served again',
    example: true,
  },
  {
    name: 'cri.upgrade.unserved_ms',
    on: 'upgrade',
    type: 'double',
    when: 'always: the longest time in which a service of a kubelet had no call served',
    example: 10912.4,
  },
  {
    name: 'cri.upgrade.explanation',
    on: 'upgrade',
    type: 'string',
    when: 'always: what happened, how long it took, and what is left to do',
    example: 'At /run/containerd/containerd.sock: containerd 1.6.20 was started again; ...',
  },
] as const satisfies readonly AttributeRow[];

export type UpgradeAttributeName = (typeof upgradeAttributeRows)[number]['name'] | 'server.address';
