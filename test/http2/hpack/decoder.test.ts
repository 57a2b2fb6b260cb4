import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHpackDecoder, type HpackDecoder } from '../../../src/http2/hpack/decoder.ts';
import { createHttp2Counters, defaultHttp2Limits, type Http2Limits } from '../../../src/http2/limits.ts';
import { concat, fieldText, hex, indexed, literal, literalWithName, sizeUpdate } from '../wire.ts';

const create = (options: { fromStart?: boolean; limits?: Partial<Http2Limits> } = {}) => {
  const counters = createHttp2Counters();
  let epochs = 0;
  const decoder = createHpackDecoder({
    limits: { ...defaultHttp2Limits, ...options.limits },
    counters,
    fromStart: options.fromStart ?? true,
    nextEpoch: () => epochs++,
  });
  return { decoder, counters };
};

const fieldsOf = (decoder: HpackDecoder, block: Uint8Array): string[] => {
  const { fields, complete } = decoder.decode(block, 0, block.length);
  return [...fields.map(fieldText), ...(complete ? [] : ['...'])];
};

const requests = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [
    ':method: GET',
    ':scheme: https',
    ':path: /index.html',
    ':authority: www.example.com',
    'custom-key: custom-value',
  ],
];
const date = (second: string) => `date: Mon, 21 Oct 2013 20:13:${second} GMT`;
const responses = [
  [':status: 302', 'cache-control: private', date('21'), 'location: https://www.example.com'],
  [':status: 307', 'cache-control: private', date('21'), 'location: https://www.example.com'],
  [
    ':status: 200',
    'cache-control: private',
    date('22'),
    'location: https://www.example.com',
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
];

/** Blocks, their fields, and the dynamic table after the last. */
const appendixC: Readonly<Record<string, readonly [string[], string[][], string[]]>> = {
  'C.2.1 literal with indexing': [
    ['400a637573746f6d2d6b65790d637573746f6d2d686561646572'],
    [['custom-key: custom-header']],
    ['custom-key: custom-header'],
  ],
  'C.2.2 literal without indexing': [['040c2f73616d706c652f70617468'], [[':path: /sample/path']], []],
  'C.2.3 literal never indexed': [['100870617373776f726406736563726574'], [['password: secret']], []],
  'C.2.4 indexed': [['82'], [[':method: GET']], []],
  'C.3 requests without Huffman': [
    [
      '828684410f7777772e6578616d706c652e636f6d',
      '828684be58086e6f2d6361636865',
      '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
    ],
    requests,
    ['custom-key: custom-value', 'cache-control: no-cache', ':authority: www.example.com'],
  ],
  'C.4 requests with Huffman': [
    [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be5886a8eb10649cbf',
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    ],
    requests,
    ['custom-key: custom-value', 'cache-control: no-cache', ':authority: www.example.com'],
  ],
  'C.5 responses without Huffman, table of 256': [
    [
      `3fe101 4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e17
       68747470733a2f2f7777772e6578616d706c652e636f6d`,
      '4803333037c1c0bf',
      `88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b
       48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31`,
    ],
    responses,
    [responses[2]?.[5] ?? '', 'content-encoding: gzip', date('22')],
  ],
  'C.6 responses with Huffman, table of 256': [
    [
      `3fe101 488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8
       e9ae82ae43d3`,
      '4883640effc1c0bf',
      `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5
       af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007`,
    ],
    responses,
    [responses[2]?.[5] ?? '', 'content-encoding: gzip', date('22')],
  ],
};

describe('RFC 7541 appendix C', () => {
  for (const [name, [blocks, expected, table]] of Object.entries(appendixC)) {
    test(name, () => {
      const { decoder, counters } = create();
      assert.deepEqual(
        blocks.map((block) => fieldsOf(decoder, hex(block))),
        expected,
      );
      assert.deepEqual(
        table.map((_, at) => fieldsOf(decoder, indexed(62 + at)).join()),
        table,
      );
      assert.equal(counters.malformedBlocks, 0);
      assert.deepEqual(fieldsOf(decoder, indexed(62 + table.length)), ['...'], 'the table holds no more');
    });
  }
});

describe('a malformed block gives what was read before, and voids the table', () => {
  const afterField: Readonly<Record<string, string>> = {
    'index 0': '80',
    'an index past the table': 'bf',
    'an index past any table': 'ffffff7f',
    'an integer cut': 'ff80',
    'a string cut': '400a6375',
    'a name without value': '400161',
    'a literal whose name is past the table': '7f000161',
    'Huffman with bad padding': '4081000161',
    'a size update after a field': '20',
  };
  const alone: Readonly<Record<string, string>> = {
    'a size update over what was announced': '3fe220',
    'a size update after a good one and a field': '2082 20',
  };
  const check = (block: Uint8Array, expected: string[]): void => {
    const { decoder, counters } = create();
    assert.deepEqual(fieldsOf(decoder, literal('x', 'y')), ['x: y']);
    assert.deepEqual(fieldsOf(decoder, block), expected);
    assert.equal(counters.malformedBlocks, 1);
    assert.deepEqual(fieldsOf(decoder, concat(indexed(62), literal('a', 'b'), indexed(62))), [
      '?: ?',
      'a: b',
      'a: b',
    ]);
  };
  for (const [name, bytes] of Object.entries(afterField))
    test(name, () => check(concat(indexed(2), hex(bytes)), [':method: GET', '...']));
  test(Object.keys(alone)[0] ?? '', () => check(hex('3fe220'), ['...']));
  test(Object.keys(alone)[1] ?? '', () => check(hex('208220'), [':method: GET', '...']));
});

describe('a decoder that joins late', () => {
  test('knows the static table and what it saw inserted; the rest keeps its number', () => {
    const { decoder } = create({ fromStart: false });
    const first = decoder.decode(concat(indexed(2), indexed(62), indexed(64)), 0, 3).fields;
    assert.deepEqual(first.map(fieldText), [':method: GET', '?: ?', '?: ?']);
    assert.deepEqual(first[1]?.name, { epoch: 0, entry: -1 });
    assert.deepEqual(first[2]?.value, { epoch: 0, entry: -3 });
    const insertions = concat(literal('a', 'b'), literal('c', 'd'));
    assert.deepEqual(fieldsOf(decoder, insertions), ['a: b', 'c: d']);
    const later = concat(indexed(62), indexed(63), indexed(64), indexed(66));
    const { fields } = decoder.decode(later, 0, later.length);
    assert.deepEqual(fields.map(fieldText), ['c: d', 'a: b', '?: ?', '?: ?']);
    assert.equal(fields[2], first[1], 'one entry is one object');
    assert.deepEqual(fields[3], first[2]);
  });

  test('keeps an unknown name with a known value, and inserts it so', () => {
    const { decoder } = create({ fromStart: false });
    const block = concat(literalWithName(70, 'v'), indexed(62));
    const { fields } = decoder.decode(block, 0, block.length);
    assert.deepEqual(fields[0], { name: { epoch: 0, entry: -9 }, value: 'v' });
    assert.equal(fields[1], fields[0]);
  });

  test('is exact again when the encoder empties its table', () => {
    const { decoder, counters } = create({ fromStart: false });
    assert.deepEqual(fieldsOf(decoder, concat(sizeUpdate(0), sizeUpdate(4096), literal('a', 'b'))), ['a: b']);
    assert.deepEqual(fieldsOf(decoder, indexed(63)), ['...']);
    assert.equal(counters.malformedBlocks, 1);
  });

  test('begins a new epoch with restart', () => {
    const { decoder } = create();
    fieldsOf(decoder, literal('a', 'b'));
    decoder.restart();
    assert.deepEqual(decoder.decode(indexed(62), 0, 1).fields[0]?.value, { epoch: 1, entry: -1 });
    decoder.restart();
    assert.deepEqual(decoder.decode(indexed(62), 0, 1).fields[0]?.value, { epoch: 2, entry: -1 });
  });
});

describe('limits', () => {
  const long = 'x'.repeat(100);
  test('a string over the limit is dropped with its field, and later blocks are still right', () => {
    const { decoder, counters } = create({ limits: { headerStringBytes: 50 } });
    const block = concat(literal('a', 'b'), literal('big', long), literal(long, 'big'), literal('c', 'd'));
    assert.deepEqual(fieldsOf(decoder, block), ['a: b', '...']);
    assert.equal(counters.headerStringsOverLimit, 2);
    const later = concat(indexed(62), indexed(63), indexed(65));
    const { fields } = decoder.decode(later, 0, later.length);
    assert.deepEqual(fields.map(fieldText), ['c: d', '?: ?', '?: ?']);
    // Four insertions: what could not be kept has its number all the same.
    assert.deepEqual(fields[1]?.value, { epoch: 0, entry: 2 });
  });

  test('fields past the count and size of a list are dropped, and still inserted', () => {
    for (const limits of [{ headerFields: 2 }, { headerListBytes: 70 }]) {
      const { decoder, counters } = create({ limits });
      const block = concat(literal('a', 'b'), literal('c', 'd'), literal('e', 'f'), literal('g', 'h'));
      assert.deepEqual(fieldsOf(decoder, block), ['a: b', 'c: d', '...']);
      assert.equal(counters.headerListsOverLimit, 1);
      assert.deepEqual(fieldsOf(decoder, concat(indexed(62), indexed(63))), ['g: h', 'e: f']);
    }
  });

  test('a table larger than the limit is known as far as it is held', () => {
    const { decoder, counters } = create({ limits: { headerTableBytes: 70 } });
    fieldsOf(decoder, concat(literal('a', 'b'), literal('c', 'd'), literal('e', 'f')));
    assert.equal(counters.headerTableEvictionsOverLimit, 1);
    assert.deepEqual(fieldsOf(decoder, concat(indexed(62), indexed(63))), ['e: f', 'c: d']);
    assert.deepEqual(decoder.decode(indexed(64), 0, 1).fields[0]?.value, { epoch: 0, entry: 0 });
    fieldsOf(decoder, literal('big', long));
    assert.deepEqual(fieldsOf(decoder, concat(indexed(62), indexed(63))), ['?: ?', '?: ?']);
  });

  test('a size announced by the other side may be used, then and later', () => {
    const { decoder } = create();
    assert.deepEqual(fieldsOf(decoder, sizeUpdate(4097)), ['...']);
    decoder.allowTableSize(8192);
    decoder.allowTableSize(100);
    assert.deepEqual(fieldsOf(decoder, sizeUpdate(8192)), []);
    assert.deepEqual(fieldsOf(decoder, sizeUpdate(8193)), ['...']);
  });
});
