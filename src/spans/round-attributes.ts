import type { AttributeRow } from './attributes.ts';

/** Every attribute that the span of a round has beside those it shares with calls. */
export const roundAttributeRows = [
  {
    name: 'cri.round',
    on: 'round',
    type: 'string',
    when: 'always: `pleg_relist`, `housekeeping`, `log_rotation`, `container_gc`, `image_gc`, `image_list`, `stats`, `runtime_status`, `node_status`, `pod_status`, `list`',
    example: 'pleg_relist',
  },
  {
    name: 'cri.round.calls',
    on: 'round',
    type: 'int',
    when: 'always: its calls',
    example: 9,
  },
  {
    name: 'cri.round.errors',
    on: 'round',
    type: 'int',
    when: 'always: those of them that failed; NOT_FOUND is none, since what is looked at may be gone by then',
    example: 0,
  },
  {
    name: 'cri.round.pods',
    on: 'round',
    type: 'int',
    when: 'always: pods that were looked at one by one; of a relist those that changed',
    example: 1,
  },
  {
    name: 'cri.round.sandboxes',
    on: 'round',
    type: 'int',
    when: 'sandboxes were listed: the longest list',
    example: 110,
  },
  {
    name: 'cri.round.containers',
    on: 'round',
    type: 'int',
    when: 'containers were listed: likewise',
    example: 240,
  },
  {
    name: 'cri.round.list_ms',
    on: 'round',
    type: 'double',
    when: 'always: milliseconds from its begin to the end of the lists that it begins with',
    example: 2.4,
  },
  {
    name: 'cri.round.fan_out_ms',
    on: 'round',
    type: 'double',
    when: 'always: the rest of it',
    example: 4.1,
  },
  {
    name: 'cri.round.interval_ms',
    on: 'round',
    type: 'double',
    when: 'a round of this kind came before: from its begin to the begin of this one',
    example: 1004.2,
  },
  {
    name: 'cri.round.stale_ms',
    on: 'round',
    type: 'double',
    when: 'a relist, and one came before: how old that was when the lists of this one were there. Beyond 180000, where it does not take events, a kubelet says "PLEG is not healthy"',
    example: 1006.6,
  },
  {
    name: 'cri.round.slowest',
    on: 'round',
    type: 'string',
    when: 'always: its longest call, with whom it was about',
    example: 'ContainerStatus default/web-0 server',
  },
  {
    name: 'cri.round.slowest_ms',
    on: 'round',
    type: 'double',
    when: 'likewise: how long that took',
    example: 1.2,
  },
  {
    name: 'cri.round.omitted',
    on: 'round',
    type: 'int',
    when: 'rounds of this kind were left out since the last one that was exported (`--sampling rounds`): how many; those below likewise',
    example: 59,
  },
  {
    name: 'cri.round.omitted_mean_ms',
    on: 'round',
    type: 'double',
    when: 'what they took on average',
    example: 2.1,
  },
  {
    name: 'cri.round.omitted_max_ms',
    on: 'round',
    type: 'double',
    when: 'what the longest of them took',
    example: 5.7,
  },
  {
    name: 'cri.round.explanation',
    on: 'round',
    type: 'string',
    when: 'always: what it was and where its time went, in a sentence',
    example: 'the relist of all pods (PLEG): 2 calls, nothing of note.',
  },
] as const satisfies readonly AttributeRow[];

export type RoundAttributeName = (typeof roundAttributeRows)[number]['name'] | 'server.address';
