import type { FoundAttributeName, NamesOf } from './attribute-names.ts';
import type { AttributeRow } from './attributes.ts';

/** What the span of what befell a connection has beside what it shares with symptoms and calls. */
export const connectionAttributeRows = [
  {
    name: 'cri.connection.count',
    on: 'connection',
    type: 'int',
    when: 'always: `connection_refused`: how often in a row; `connection_gap`: bytes that were not seen so far; else 1',
    example: 3,
  },
  {
    name: 'cri.connection.detail',
    on: 'connection',
    type: 'string',
    when: '`connection_not_http2`: the protocol; `connection_gap`: the direction, `request` or `response`',
    example: 'http1',
  },
] as const satisfies readonly AttributeRow[];

/** Names that may stand on the span of what befell a connection. */
export type ConnectionAttributeName =
  | NamesOf<typeof connectionAttributeRows>
  | FoundAttributeName
  | 'server.address';
