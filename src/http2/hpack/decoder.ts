import type { HeaderField, HeaderText } from '../event.ts';
import type { Http2Counters, Http2Limits } from '../limits.ts';
import { createDynamicTable, entryOverhead, initialTableBytes } from './dynamic-table.ts';
import { badInteger, type Cursor, readInteger } from './integer.ts';
import { createRepeatedBlocks } from './repeated-blocks.ts';
import { staticTable, staticTableLength } from './static-table.ts';
import { createStringReader } from './string.ts';

export interface HeaderBlock {
  readonly fields: readonly HeaderField[];
  /** False: the block was malformed or over a limit, and `fields` is what came before. */
  readonly complete: boolean;
}

/** Decodes the header blocks of one direction, in order (RFC 7541). */
export interface HpackDecoder {
  decode(bytes: Uint8Array, from: number, to: number): HeaderBlock;
  /** Blocks may have been missed: what was learnt is void, and a new epoch of unknown entries begins. */
  restart(): void;
  /** The other side announced a SETTINGS_HEADER_TABLE_SIZE; infinite when such an announcement may have been missed. */
  allowTableSize(bytes: number): void;
}

export interface HpackDecoderOptions {
  readonly limits: Http2Limits;
  readonly counters: Http2Counters;
  /** Whether the first block will be the connection's first. */
  readonly fromStart: boolean;
  /** Epochs are numbered over both directions of a connection, so that an unknown entry names one text in it. */
  readonly nextEpoch: () => number;
}

const emptyBytes = new Uint8Array(0);

const textSize = (text: HeaderText): number => (typeof text === 'string' ? text.length : 0);

export const createHpackDecoder = ({
  limits,
  counters,
  fromStart,
  nextEpoch,
}: HpackDecoderOptions): HpackDecoder => {
  const table = createDynamicTable(limits.headerTableBytes, fromStart, () => {
    counters.headerTableEvictionsOverLimit += 1;
  });
  const repeated = createRepeatedBlocks();
  /** The block that is being decoded changed the table. */
  let changed = false;
  const change = (): void => {
    changed = true;
    repeated.clear();
  };
  const readString = createStringReader(limits.headerStringBytes);
  const maxEntries = Math.floor(limits.headerTableBytes / entryOverhead);
  const cursor: Cursor = { bytes: emptyBytes, at: 0, end: 0 };
  let epoch = nextEpoch();
  let allowedTableBytes = fromStart ? initialTableBytes : Number.POSITIVE_INFINITY;
  // One object per unknown entry, by its number.
  const unknownFields = new Map<number, HeaderField>();

  const unknownField = (entry: number): HeaderField => {
    const known = unknownFields.get(entry);
    if (known !== undefined) return known;
    const text = { epoch, entry };
    const field = { name: text, value: text };
    if (unknownFields.size >= maxEntries) unknownFields.clear();
    unknownFields.set(entry, field);
    return field;
  };

  /** Null: the index names nothing. */
  const lookUp = (index: number): HeaderField | null => {
    if (index <= staticTableLength) return staticTable[index - 1] ?? null;
    const dynamic = index - staticTableLength;
    const field = table.find(dynamic);
    if (field !== null) return field;
    // No entry takes less than its overhead, so the allowed size bounds the index too.
    if (table.exact() || dynamic * entryOverhead > allowedTableBytes) return null;
    return unknownField(table.numberOf(dynamic));
  };

  let fields: HeaderField[] = [];
  let listBytes = 0;
  let withinLimits = true;

  const add = (field: HeaderField): void => {
    if (!withinLimits) return;
    listBytes += textSize(field.name) + textSize(field.value) + entryOverhead;
    if (fields.length < limits.headerFields && listBytes <= limits.headerListBytes) fields.push(field);
    else {
      withinLimits = false;
      counters.headerListsOverLimit += 1;
    }
  };

  /** RFC 7541 section 6.2. False: malformed. */
  const literal = (prefixMask: number, indexed: boolean): boolean => {
    const index = readInteger(cursor, prefixMask);
    if (index === badInteger) return false;
    let name: HeaderText | null;
    if (index === 0) {
      const read = readString(cursor);
      if (typeof read === 'string') name = read;
      else if (read.failed === 'over_limit') name = null;
      else return false;
    } else {
      const field = lookUp(index);
      if (field === null) return false;
      name = field.name;
    }
    const value = readString(cursor);
    if (typeof value !== 'string' && value.failed === 'malformed') return false;
    if (name === null || typeof value !== 'string') {
      counters.headerStringsOverLimit += 1;
      withinLimits = false;
      if (indexed) {
        change();
        table.insertUnknown();
      }
      return true;
    }
    const field: HeaderField = { name, value };
    add(field);
    if (indexed) {
      change();
      table.insert(field, textSize(name) + value.length + entryOverhead);
    }
    return true;
  };

  /** One representation; false: malformed (RFC 7541 section 6). */
  const representation = (first: boolean): boolean => {
    const octet = cursor.bytes[cursor.at] ?? 0;
    if (octet >= 0x80) {
      const index = readInteger(cursor, 0x7f);
      const field = index === badInteger ? null : lookUp(index);
      if (field === null) return false;
      add(field);
      return true;
    }
    if (octet >= 0x40) return literal(0x3f, true);
    // Without indexing or never indexed: the same to one who does not encode it again.
    if (octet < 0x20) return literal(0x0f, false);
    const size = readInteger(cursor, 0x1f);
    if (!first || size === badInteger || size > allowedTableBytes) return false;
    change();
    table.resize(size);
    return true;
  };

  const restart = (): void => {
    change();
    table.restart();
    unknownFields.clear();
    epoch = nextEpoch();
  };

  return {
    decode(bytes, from, to) {
      const known = repeated.find(bytes, from, to);
      if (known !== null) {
        counters.headerBlocks += 1;
        return { fields: known, complete: true };
      }
      changed = false;
      cursor.bytes = bytes;
      cursor.at = from;
      cursor.end = to;
      fields = [];
      listBytes = 0;
      withinLimits = true;
      counters.headerBlocks += 1;
      let wellFormed = true;
      // Size updates come before the first field (RFC 7541 section 4.2).
      let first = true;
      while (wellFormed && cursor.at < to) {
        const octet = bytes[cursor.at] ?? 0;
        if ((octet & 0xe0) !== 0x20) first = false;
        wellFormed = representation(first);
      }
      if (!wellFormed) {
        counters.malformedBlocks += 1;
        restart();
      }
      const block = { fields, complete: wellFormed && withinLimits };
      if (block.complete && !changed) repeated.keep(bytes, from, to, fields);
      fields = [];
      cursor.bytes = emptyBytes;
      return block;
    },
    restart,
    allowTableSize(bytes) {
      allowedTableBytes = Math.max(allowedTableBytes, bytes);
    },
  };
};
