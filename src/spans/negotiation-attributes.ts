import type { NamesOf } from './attribute-names.ts';
import type { AttributeRow } from './attributes.ts';

/** Every attribute that the span of a negotiation has beside those it shares with calls. */
export const negotiationAttributeRows = [
  {
    name: 'cri.negotiation.verdict',
    on: 'negotiation',
    type: 'string',
    when: 'always: `v1`, `v1alpha2`, `fell_back_to_v1alpha2`, `gave_up`, `version_refused_after_upgrade`, `undetermined`',
    example: 'fell_back_to_v1alpha2',
  },
  {
    name: 'cri.negotiation.asked',
    on: 'negotiation',
    type: 'string[]',
    when: 'always: the API versions tried, in order',
    example: 'v1, v1alpha2',
  },
  {
    name: 'cri.negotiation.answered',
    on: 'negotiation',
    type: 'string[]',
    when: 'always: the status of the first call on each of them, `none` for one that broke off',
    example: 'UNIMPLEMENTED, OK',
  },
  {
    name: 'cri.negotiation.deprecated',
    on: 'negotiation',
    type: 'boolean',
    when: 'always: the version in use is v1alpha2',
    example: true,
  },
  {
    name: 'cri.negotiation.attempt',
    on: 'negotiation',
    type: 'int',
    when: 'always: processes of this kind in a row that came to this verdict',
    example: 1,
  },
  {
    name: 'cri.negotiation.sticky',
    on: 'negotiation',
    type: 'boolean',
    when: 'always: the caller holds on to a version that the runtime no longer serves',
    example: false,
  },
  {
    name: 'cri.negotiation.inferred',
    on: 'negotiation',
    type: 'boolean',
    when: 'always: the verdict does not rest on a probe that was seen',
    example: false,
  },
  {
    name: 'cri.negotiation.previous',
    on: 'negotiation',
    type: 'string',
    when: 'a process of this kind came before: what it ended with',
    example: 'gave_up',
  },
  {
    name: 'cri.negotiation.change',
    on: 'negotiation',
    type: 'string',
    when: 'always: how it stands to the process before: `first`, `restarted`, `upgraded_v1alpha2_to_v1`, `fell_back`, `refused_restart_needed`, `gave_up`, `restarted_recovered`, `recovered`, `undetermined`',
    example: 'restarted_recovered',
  },
  {
    name: 'cri.negotiation.explanation',
    on: 'negotiation',
    type: 'string',
    when: 'always: what happened and what to do, in a sentence',
    example: 'kubelet and the runtime agreed on RuntimeService v1: nothing to do.',
  },
] as const satisfies readonly AttributeRow[];

/** Names that may stand on the span of a negotiation. */
export type NegotiationAttributeName =
  | NamesOf<typeof negotiationAttributeRows>
  | 'server.address'
  | 'cri.service'
  | 'cri.api.version';
