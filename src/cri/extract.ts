import { type Head, readHead } from './head.ts';
import { identityLabelAt } from './labels.ts';
import type { MessagePlan } from './projection.ts';
import { identityLabels } from './shapes.ts';

/**
 * The bytes of a message from which something is kept: two messages with the same extract read the same.
 *
 *     kept value    its field, as on the wire
 *     message       its tag, the size of its extract, its extract
 *     labels        at the end, as maps come in any order: 0, then of each identity label its size + 1 and its
 *                   value, or the size 0
 */
export interface Extract {
  /** What was taken last, in whole words: the rest of the last one is zeros. */
  readonly words: Int32Array;
  /**
   * Returns the length in words. -1: it is over the bound, or something in the message is unknown, malformed or to be
   * counted.
   */
  take(bytes: Uint8Array, from: number, to: number, plan: MessagePlan): number;
}

export interface ExtractLimits {
  readonly maxExtractBytes: number;
  /** A longer value of a label is counted where it is read. */
  readonly maxTextBytes: number;
}

const newHead = (): Head => ({ tag: 0, size: 0, rest: 0 });

/** Octets of a size in an extract. */
const sizeBytes = 2;

export const createExtract = ({ maxExtractBytes, maxTextBytes }: ExtractLimits): Extract => {
  const words = new Int32Array(Math.ceil(maxExtractBytes / Int32Array.BYTES_PER_ELEMENT));
  const text = new Uint8Array(words.buffer);
  let used = 0;
  const head = newHead();
  const labelHead = newHead();
  /** Where the values of the identity labels begin and end; -1: not there. */
  const values = new Int32Array(2 * identityLabels.length);
  let hasLabels = false;

  const append = (bytes: Uint8Array, from: number, to: number): boolean => {
    if (used + to - from > maxExtractBytes) return false;
    for (let at = from; at < to; at++) text[used++] = bytes[at] ?? 0;
    return true;
  };

  const appendTag = (tag: number): boolean => {
    if (tag > 0x3fff || used + 2 > maxExtractBytes) return false;
    if (tag >= 0x80) text[used++] = 0x80 | (tag & 0x7f);
    text[used++] = tag < 0x80 ? tag : tag >> 7;
    return true;
  };

  /** Room for a size that is put there later; -1: none left. */
  const reserveSize = (): number => {
    const at = used;
    if (at + sizeBytes > maxExtractBytes) return -1;
    used += sizeBytes;
    return at;
  };
  const putSize = (at: number, size: number): void => {
    text[at] = size >> 8;
    text[at + 1] = size & 0xff;
  };

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
      if (labelHead.tag === 0x0a) index = identityLabelAt(bytes, start, labelHead.rest);
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

  const appendLabels = (bytes: Uint8Array): boolean => {
    if (used === maxExtractBytes) return false;
    text[used++] = 0;
    for (let index = 0; index < values.length; index += 2) {
      const from = values[index] ?? -1;
      const to = values[index + 1] ?? -1;
      const size = reserveSize();
      if (size < 0) return false;
      putSize(size, from < 0 ? 0 : to - from + 1);
      if (from >= 0 && !append(bytes, from, to)) return false;
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
          if (!appendTag(tag)) return false;
          const size = reserveSize();
          if (size < 0 || !message(bytes, start, end, field.message)) return false;
          putSize(size, used - size - sizeBytes);
        } else if (field.kind === 'labels') {
          if (!label(bytes, start, end)) return false;
        } else if (!append(bytes, at, end)) return false;
      }
      at = end;
    }
    if (!hasLabels || !plan.hasLabels) return true;
    hasLabels = false;
    return appendLabels(bytes);
  };

  return {
    words,
    take(bytes, from, to, plan) {
      used = 0;
      hasLabels = false;
      if (!message(bytes, from, to, plan)) return -1;
      const length = Math.ceil(used / Int32Array.BYTES_PER_ELEMENT);
      for (let at = used; at < length * Int32Array.BYTES_PER_ELEMENT; at++) text[at] = 0;
      return length;
    },
  };
};
