import { hash } from 'node:crypto';
import type { ConnectionFinding } from '../calls/finding.ts';
import type { ConnectionAttributeName } from './connection-attributes.ts';
import { notAllZeros } from './ids.ts';
import type { ResourceBook } from './resources.ts';
import type { AttributeValue, Span } from './span.ts';

type Said = Partial<Record<ConnectionAttributeName, AttributeValue>>;

const isPowerOfTwo = (count: number): boolean => Number.isInteger(Math.log2(count));

/** A runtime that is away is knocked at each second, a ring that is too small loses bytes in many places: told as they double. */
const isTold = ({ finding, count, revision }: ConnectionFinding): boolean =>
  isPowerOfTwo(finding === 'refused' ? count : revision + 1);

/** One INTERNAL span of the caller without a length, a trace of its own; that of a later revision is linked to the first. */
export const spansOfConnection = (
  found: ConnectionFinding,
  identity: string,
  resources: ResourceBook,
): readonly Span[] => {
  if (!isTold(found)) return [];
  const { finding, connection, revision, endpoint, at, count, detail, explanation } = found;
  const idsOf = (of: number): Pick<Span, 'traceId' | 'spanId'> => {
    const digest = hash('sha256', ['connection', finding, identity, connection, of].join('\n'));
    return { traceId: notAllZeros(digest.slice(0, 32)), spanId: notAllZeros(digest.slice(32, 48)) };
  };
  const said: Said = {
    'server.address': endpoint,
    'cri.symptom': `connection_${finding}`,
    'cri.symptom.revision': revision,
    'cri.symptom.explanation': explanation,
    'cri.connection.count': count,
  };
  if (detail !== null) said['cri.connection.detail'] = detail;
  const attributes: Record<string, AttributeValue> = said;
  return [
    {
      ...idsOf(revision),
      parentSpanId: null,
      parentIsRemote: false,
      traceState: null,
      traceFlags: 1,
      name: `connection ${finding.replaceAll('_', ' ')}`,
      kind: 'internal',
      start: at,
      end: at,
      attributes,
      status:
        finding === 'refused' ? { code: 'error', message: explanation } : { code: 'unset', message: null },
      events: [],
      links: revision === 0 ? [] : [{ ...idsOf(0), attributes: {} }],
      resource: resources.callerOf(found),
    },
  ];
};
