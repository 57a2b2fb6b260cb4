import type { NamesOf, WhoseAttributeName } from './attribute-names.ts';
import type { AttributeRow } from './attributes.ts';

/** Every attribute that the span of a symptom has beside those it shares with calls. */
export const symptomAttributeRows = [
  {
    name: 'cri.symptom',
    on: 'symptom',
    type: 'string',
    when: 'always: `stuck_call`, `stream_interval`, `retry_chain`, `convoy`, `message_limit`, `feature_fallback`',
    example: 'retry_chain',
  },
  {
    name: 'cri.symptom.revision',
    on: 'symptom',
    type: 'int',
    when: 'always: 0 for what was told first; a higher one replaces it',
    example: 0,
  },
  {
    name: 'cri.symptom.explanation',
    on: 'symptom',
    type: 'string',
    when: 'always: what was seen, what it does not show, and what to do',
    example: 'RunPodSandbox of pod default/web-0 was given up at its deadline; ...',
  },
  {
    name: 'cri.stuck.age_ms',
    on: 'symptom',
    type: 'double',
    when: '`stuck_call`: how long it has been in flight, or took in the end',
    example: 20000,
  },
  {
    name: 'cri.stuck.bound_ms',
    on: 'symptom',
    type: 'double',
    when: '`stuck_call`: after how long its method counts as stuck',
    example: 10000,
  },
  {
    name: 'cri.stuck.ended',
    on: 'symptom',
    type: 'boolean',
    when: '`stuck_call`: it has ended since',
    example: false,
  },
  {
    name: 'cri.retry.count',
    on: 'symptom',
    type: 'int',
    when: '`retry_chain`: tries seen so far, the first one included',
    example: 4,
  },
  {
    name: 'cri.retry.cause',
    on: 'symptom',
    type: 'string',
    when: '`retry_chain`: how the first try ended: `deadline`, `cancelled`, `connection_lost`, `name_reserved`',
    example: 'deadline',
  },
  {
    name: 'cri.retry.outcome',
    on: 'symptom',
    type: 'string',
    when: '`retry_chain` that is over: `succeeded`, `not_found`, `no_more_tries`',
    example: 'succeeded',
  },
  {
    name: 'cri.zombie',
    on: 'symptom',
    type: 'boolean',
    when: '`retry_chain` whose first try was given up: something shows that the runtime went on after that, or finished unseen',
    example: true,
  },
  {
    name: 'cri.zombie.evidence',
    on: 'symptom',
    type: 'string',
    when: 'likewise: `late_reply`, `name_reserved`, `none`',
    example: 'name_reserved',
  },
  {
    name: 'cri.zombie.at_least_ms',
    on: 'symptom',
    type: 'double',
    when: 'likewise, with evidence: from the moment that the client gave up to the last evidence',
    example: 12000,
  },
  {
    name: 'cri.convoy.count',
    on: 'symptom',
    type: 'int',
    when: '`convoy`: calls that ended together after the first one',
    example: 5,
  },
  {
    name: 'cri.convoy.methods',
    on: 'symptom',
    type: 'string[]',
    when: '`convoy`: their methods',
    example: 'ListContainers, Status',
  },
  {
    name: 'cri.convoy.passed',
    on: 'symptom',
    type: 'int',
    when: '`convoy`: calls that were answered meanwhile, which speak against it',
    example: 0,
  },
  {
    name: 'cri.convoy.still_waiting',
    on: 'symptom',
    type: 'int',
    when: '`convoy`: calls as old that still waited afterwards, which speak against it',
    example: 0,
  },
  {
    name: 'cri.message.size',
    on: 'symptom',
    type: 'int',
    when: '`message_limit`: bytes of the message',
    example: 16912345,
  },
  {
    name: 'cri.message.refused_by',
    on: 'symptom',
    type: 'string',
    when: '`message_limit`, where it was refused: `server`, `client`',
    example: 'server',
  },
  {
    name: 'cri.feature',
    on: 'symptom',
    type: 'string',
    when: '`feature_fallback`: `list_streaming`, `container_events`, `runtime_config`, `pod_stats`, `pod_metrics`, `pod_resize`',
    example: 'list_streaming',
  },
  {
    name: 'cri.feature.refusals',
    on: 'symptom',
    type: 'int',
    when: '`feature_fallback`: how often this caller was refused so far',
    example: 1,
  },
  {
    name: 'cri.feature.instead',
    on: 'symptom',
    type: 'string',
    when: '`feature_fallback`: the method that the caller uses instead, once seen',
    example: 'ListContainers',
  },
  {
    name: 'cri.feature.sticky',
    on: 'symptom',
    type: 'boolean',
    when: '`feature_fallback`, once it can be told: the caller does not ask again',
    example: true,
  },
] as const satisfies readonly AttributeRow[];

/** Names that may stand on the span of a symptom. */
export type SymptomAttributeName =
  | NamesOf<typeof symptomAttributeRows>
  | WhoseAttributeName
  | 'server.address'
  | 'cri.rpc'
  | 'cri.list.items'
  | 'cri.list.limit_ratio'
  | 'cri.response.messages'
  | 'cri.response.size';
