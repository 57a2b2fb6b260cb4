import fc from 'fast-check';
import { type Exchange, type SessionShape, sensitivePrefix } from './node-http2.ts';

const names = ['grpc-timeout', 'traceparent', 'x-a', 'x-bb', `${sensitivePrefix}-1`, 'user-agent', 'etag'];
const someText = fc.oneof(
  fc.constantFrom('', 'application/grpc', '120000m', '0'),
  fc.stringMatching(/^[!-~]{0,60}$/),
  // Rare octets have codes of up to 28 bits; between common ones they are still coded.
  fc.stringMatching(/^[a-z]{20}[\u00a1-\u00ff]{1,2}[a-z]{20}$/),
);
const long = fc.integer({ min: 0, max: 40_000 }).map((length) => 'k'.repeat(length));

const fields = (value: fc.Arbitrary<string>): fc.Arbitrary<[string, string][]> =>
  fc.uniqueArray(fc.tuple(fc.constantFrom(...names), value), { maxLength: 6, selector: ([name]) => name });

const body = fc.oneof(
  fc.uint8Array({ maxLength: 50 }),
  fc.integer({ min: 0, max: 50_000 }).map((length) => new Uint8Array(length).fill(length)),
);

const exchange: fc.Arbitrary<Exchange> = fc.record({
  request: fields(someText),
  requestBody: body,
  response: fields(fc.oneof({ weight: 9, arbitrary: someText }, { weight: 1, arbitrary: long })),
  responseBody: body,
  trailers: fields(someText),
});

/** Conversations of every shape that node can be made to have. */
export const sessionShapes: fc.Arbitrary<SessionShape> = fc.record({
  exchanges: fc.array(exchange, { minLength: 1, maxLength: 15 }),
  parallel: fc.integer({ min: 1, max: 5 }),
  tableSize: fc.constantFrom(0, 60, 200, 4096, 65_536),
  padding: fc.constantFrom('none', 'aligned', 'max'),
});
