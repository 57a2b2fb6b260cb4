import assert from 'node:assert/strict';
import type { Direction } from '../../src/foundation/direction.ts';
import type { HeaderField, HeaderText, Http2Event } from '../../src/http2/event.ts';

type Headers = Extract<Http2Event, { kind: 'headers' }>;

const headersOf = (events: readonly Http2Event[], direction: Direction, stream: number): Headers[] =>
  events.filter(
    (event): event is Headers =>
      event.kind === 'headers' && event.direction === direction && event.stream === stream,
  );

const compatible = (got: HeaderText, wanted: HeaderText): boolean =>
  typeof got !== 'string' || got === wanted;

const compatibleFields = (
  got: readonly HeaderField[],
  wanted: readonly HeaderField[],
  complete: boolean,
): boolean =>
  (complete ? got.length === wanted.length : got.length <= wanted.length) &&
  got.every(({ name, value }, at) => {
    const field = wanted[at];
    return field !== undefined && compatible(name, field.name) && compatible(value, field.value);
  });

const body = (events: readonly Http2Event[], direction: Direction, stream: number): string => {
  const parts: Uint8Array[] = [];
  let ends = 0;
  for (const event of events) {
    if (!('stream' in event) || event.stream !== stream || event.direction !== direction) continue;
    if (event.kind === 'data') parts.push(event.bytes);
    if (event.kind === 'data_lost') parts.push(Buffer.from(`lost ${event.length}`));
    if ('endStream' in event && event.endStream) ends += 1;
  }
  return `${Buffer.concat(parts).toString('hex')} ends ${ends}`;
};

/**
 * Holds what was decoded in spite of losses in `direction` against what was decoded without: no text that is said to
 * be known is another, one unknown entry is one text, and streams begun after the last loss are whole.
 */
export const assertTrue = (
  lossy: readonly Http2Event[],
  whole: readonly Http2Event[],
  direction: Direction,
): void => {
  const truths = new Map<string, HeaderText>();
  const remember = (role: string, got: HeaderText, wanted: HeaderText): void => {
    if (typeof got === 'string') return;
    const key = `${role} ${got.epoch} ${got.entry}`;
    assert.equal(truths.get(key) ?? wanted, wanted, 'an unknown entry means two texts');
    truths.set(key, wanted);
  };

  const streams = new Set(lossy.flatMap((event) => ('stream' in event ? [event.stream] : [])));
  for (const stream of streams) {
    for (const way of ['request', 'response'] as const) {
      const got = headersOf(lossy, way, stream);
      const wanted = headersOf(whole, way, stream);
      // In order, each of `got` is one of `wanted`.
      let at = 0;
      for (const block of got) {
        const match = wanted.findIndex(
          (candidate, index) =>
            index >= at &&
            candidate.endStream === block.endStream &&
            compatibleFields(block.fields, candidate.fields, block.complete),
        );
        assert.notEqual(match, -1, `wrong fields on stream ${stream}: ${JSON.stringify(block.fields)}`);
        at = match + 1;
        if (got.length !== wanted.length && way === direction) continue;
        block.fields.forEach((field, index) => {
          const truth = wanted[match]?.fields[index];
          if (truth === undefined) return;
          remember(`${way} name`, field.name, truth.name);
          remember(`${way} value`, field.value, truth.value);
        });
      }
    }
  }

  const unsynced = new Set<Direction>();
  let last = -1;
  lossy.forEach((event, index) => {
    if (event.kind === 'desync') unsynced.add(event.direction);
    else if (event.kind === 'resync') unsynced.delete(event.direction);
    else if (event.kind !== 'data_lost' && !(event.kind === 'headers' && !event.complete)) return;
    last = index;
  });
  if (unsynced.size > 0) return;
  const first = new Map<number, number>();
  lossy.forEach((event, index) => {
    if ('stream' in event && !first.has(event.stream)) first.set(event.stream, index);
  });
  for (const [stream, index] of first) {
    const begin = lossy[index];
    if (index <= last || begin?.kind !== 'headers' || begin.direction !== 'request') continue;
    for (const way of ['request', 'response'] as const) {
      assert.equal(headersOf(lossy, way, stream).length, headersOf(whole, way, stream).length);
      assert.equal(body(lossy, way, stream), body(whole, way, stream), `body of stream ${stream}`);
    }
  }
};
