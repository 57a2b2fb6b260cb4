import { type Head, readHead } from './head.ts';
import { identityLabelAt } from './labels.ts';
import type { MessagePlan } from './projection.ts';
import { identityLabels } from './shapes.ts';
import { areSame, type Words, wordsOf } from './words.ts';

/**
 * The bytes of a message from which something is kept: two messages with the same extract read the same.
 *
 *     kept value    its field, as on the wire
 *     message       its tag, its extract, 0
 *     labels        at the end, as maps come in any order: 1, then of each identity label its size + 1 and its
 *                   value, or the size 0
 *
 * No tag is below 8, so what is 0 or 1 where a tag could be is none.
 */
export interface Extracts {
  /** Null: it is over the bound, or something in the message is unknown, malformed or to be counted. */
  take(bytes: Uint8Array, from: number, to: number, plan: MessagePlan): Extract | null;
  /** Compares in place: the extract of a message that was seen before is not made again. */
  isOf(extract: Extract, bytes: Uint8Array, from: number, to: number, plan: MessagePlan): boolean;
}

/** Octets, and the same to be read by words. */
export interface Extract {
  readonly octets: Uint8Array;
  readonly words: Words;
}

export interface ExtractLimits {
  readonly maxExtractBytes: number;
  /** A longer value of a label is counted where it is read. */
  readonly maxTextBytes: number;
}

const extractOf = (octets: Uint8Array): Extract => ({ octets, words: wordsOf(octets) });

const newHead = (): Head => ({ tag: 0, size: 0, rest: 0 });

const messageEnd = 0;
const labelsBegin = 1;

export const createExtracts = ({ maxExtractBytes, maxTextBytes }: ExtractLimits): Extracts => {
  const scratch = extractOf(new Uint8Array(maxExtractBytes));
  /** Where an extract is written, or the one to compare with. */
  let { octets: text, words } = scratch;
  let comparing = false;
  let used = 0;
  const head = newHead();
  const labelHead = newHead();
  /** Of the buffer that was looked at last: what comes is as a rule in the same one. */
  let input = scratch.words;
  /** Where the octets begin in it. */
  let base = 0;
  /** Where the values of the identity labels begin and end; -1: not there. */
  const values = new Int32Array(2 * identityLabels.length);
  let hasLabels = false;

  /** The next octets of the extract. False: there is no room, or they are others. */
  const octets = (bytes: Uint8Array, from: number, to: number): boolean => {
    const at = used;
    used += to - from;
    if (used > text.length) return false;
    if (comparing) return areSame(words, at, input, base + from, to - from);
    for (let i = from; i < to; i++) text[at + i - from] = bytes[i] ?? 0;
    return true;
  };

  const octet = (value: number): boolean => {
    if (used === text.length) return false;
    if (!comparing) text[used] = value;
    return text[used++] === value;
  };

  const tagOctets = (tag: number): boolean =>
    tag < 0x80 ? octet(tag) : tag <= 0x3fff && octet(0x80 | (tag & 0x7f)) && octet(tag >> 7);

  /** One entry of the map of labels. */
  const label = (bytes: Uint8Array, from: number, to: number): boolean => {
    if (!hasLabels) values.fill(-1);
    hasLabels = true;
    let index = -1;
    let value = to;
    let valueEnd = to;
    for (let at = from; at < to; ) {
      if (readHead(bytes, at, to, labelHead) !== 'complete') return false;
      const start = at + labelHead.size;
      at = start + labelHead.rest;
      if (at > to) return false;
      if (labelHead.tag === 0x0a) index = identityLabelAt(input, base + start, labelHead.rest);
      else if (labelHead.tag === 0x12) {
        value = start;
        valueEnd = at;
      }
    }
    if (index < 0) return true;
    if (valueEnd - value > maxTextBytes) return false;
    values[2 * index] = value;
    values[2 * index + 1] = valueEnd;
    return true;
  };

  const labels = (bytes: Uint8Array): boolean => {
    if (!octet(labelsBegin)) return false;
    for (let index = 0; index < values.length; index += 2) {
      const from = values[index] ?? -1;
      const to = values[index + 1] ?? -1;
      const size = from < 0 ? 0 : to - from + 1;
      if (!octet(size >> 8) || !octet(size & 0xff)) return false;
      if (from >= 0 && !octets(bytes, from, to)) return false;
    }
    return true;
  };

  const message = (bytes: Uint8Array, from: number, to: number, plan: MessagePlan): boolean => {
    for (let at = from; at < to; ) {
      if (readHead(bytes, at, to, head) !== 'complete') return false;
      const { tag } = head;
      const start = at + head.size;
      const end = start + head.rest;
      const field = plan.fields[tag >>> 3];
      if (end > to || field === undefined) return false;
      if (field !== null) {
        if ((tag & 7) !== field.wire || field.former !== null) return false;
        if (field.message !== null) {
          // The labels of one message are put together at a time.
          if (hasLabels && field.message.hasLabels) return false;
          if (!tagOctets(tag) || !message(bytes, start, end, field.message) || !octet(messageEnd))
            return false;
        } else if (field.kind === 'labels') {
          if (!label(bytes, start, end)) return false;
        } else if (!octets(bytes, at, end)) return false;
      }
      at = end;
    }
    if (!hasLabels || !plan.hasLabels) return true;
    hasLabels = false;
    return labels(bytes);
  };

  /** Reads, and writes to `target` or compares with it. */
  const begin = (target: Extract, isThere: boolean, bytes: Uint8Array): void => {
    text = target.octets;
    words = target.words;
    comparing = isThere;
    used = 0;
    hasLabels = false;
    if (input.buffer !== bytes.buffer) input = new DataView(bytes.buffer);
    base = bytes.byteOffset;
  };

  return {
    take(bytes, from, to, plan) {
      begin(scratch, false, bytes);
      return message(bytes, from, to, plan) ? extractOf(scratch.octets.slice(0, used)) : null;
    },
    isOf(extract, bytes, from, to, plan) {
      begin(extract, true, bytes);
      return message(bytes, from, to, plan) && used === extract.octets.length;
    },
  };
};
