import { scrubText } from '../../foundation/scrub.ts';
import type { HeaderField } from '../../http2/event.ts';
import { badInteger, type Cursor, readInteger } from '../../http2/hpack/integer.ts';
import { fillHuffman } from './huffman-filler.ts';

/** Headers whose values gRPC and the kubelet's tracing define; anything else may carry whatever a client likes. */
const plainHeaders = new Set([
  ':method',
  ':scheme',
  ':authority',
  ':status',
  'content-type',
  'te',
  'grpc-encoding',
  'grpc-accept-encoding',
  'grpc-previous-rpc-attempts',
  'grpc-timeout',
  'grpc-status',
  'traceparent',
]);

/** Kept when there is nothing in them to scrub. */
const textHeaders = new Set([':path', 'user-agent', 'grpc-message']);

const decodePercent = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const isHarmless = ({ name, value }: HeaderField): boolean => {
  if (typeof name !== 'string') return false;
  if (typeof value !== 'string' || value === '' || plainHeaders.has(name)) return true;
  if (!textHeaders.has(name)) return false;
  const text = decodePercent(value);
  return scrubText(text) === text && (name !== ':path' || !/[?#]/.test(value));
};

interface StringLiteral {
  readonly huffman: boolean;
  readonly from: number;
  readonly to: number;
}

const readLiteral = (cursor: Cursor): StringLiteral | null => {
  const huffman = ((cursor.bytes[cursor.at] ?? 0) & 0x80) !== 0;
  const length = readInteger(cursor, 0x7f);
  if (length === badInteger || length > cursor.end - cursor.at) return null;
  const from = cursor.at;
  cursor.at = from + length;
  return { huffman, from, to: cursor.at };
};

/** Prefix of a literal's name index, by its first octet (RFC 7541 section 6.2). */
const namePrefix = (octet: number): number => (octet >= 0x40 ? 0x3f : 0x0f);

const filler = 0x78; // 'x'

/**
 * Overwrites, in a header block, the values of all fields outside the known set, and of those inside it that have
 * something to scrub, with text whose coding has the same length. `fields` is the same block decoded. A name is left
 * as it is. False: the block and its fields do not go together, and nothing about it is certain.
 */
export const redactHeaderValues = (bytes: Uint8Array, fields: readonly HeaderField[]): boolean => {
  const cursor: Cursor = { bytes, at: 0, end: bytes.length };
  let index = 0;
  while (cursor.at < cursor.end) {
    const octet = bytes[cursor.at] ?? 0;
    if (octet >= 0x80) {
      if (readInteger(cursor, 0x7f) === badInteger) return false;
      index += 1;
      continue;
    }
    if ((octet & 0xe0) === 0x20) {
      if (readInteger(cursor, 0x1f) === badInteger) return false;
      continue;
    }
    const nameIndex = readInteger(cursor, namePrefix(octet));
    if (nameIndex === badInteger) return false;
    if (nameIndex === 0 && readLiteral(cursor) === null) return false;
    const value = readLiteral(cursor);
    const field = fields[index++];
    if (value === null || field === undefined) return false;
    if (isHarmless(field)) continue;
    const stretch = bytes.subarray(value.from, value.to);
    if (!value.huffman) stretch.fill(filler);
    else if (typeof field.value !== 'string' || !fillHuffman(stretch, field.value.length)) return false;
  }
  return index === fields.length;
};
