import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Direction } from '../../src/foundation/direction.ts';
import { createHttp2Counters } from '../../src/http2/limits.ts';
import { clientPreface, concat, frame, hex, indexed, recut, type Step, text, watch } from './wire.ts';

const settings = frame(4, 0, 0, hex('000500004000'));
const settingsAck = frame(4, 1, 0);
const request = frame(1, 5, 1, indexed(2));
const response = frame(1, 5, 1, indexed(8));
const as = (direction: Direction, ...parts: Uint8Array[]): Step => ({ direction, bytes: concat(...parts) });

const cases: Readonly<Record<string, readonly [steps: Step[], protocol: string | null, after: string[]]>> = {
  'client first': [
    [as('request', clientPreface, settings, request), as('response', settings, settingsAck, response)],
    'http2',
    ['headers', 'headers'],
  ],
  'server first': [
    [as('response', settings), as('request', clientPreface, settings, request), as('response', response)],
    'http2',
    ['headers', 'headers'],
  ],
  'an extra empty SETTINGS from the server': [
    [as('request', clientPreface, settings), as('response', frame(4, 0, 0), settings, response)],
    'http2',
    ['headers'],
  ],
  'a connection without a frame': [[as('request', clientPreface)], 'http2', []],
  'nothing certain yet': [[as('request', text('PRI * HTT'))], null, []],
  'an HTTP/1.1 request': [
    [
      as('request', text('GET /info HTTP/1.1\r\nHost: x\r\n\r\n')),
      as('response', text('HTTP/1.1 200 OK\r\n\r\n')),
    ],
    'http1',
    [],
  ],
  'a method that begins like the preface': [[as('request', text('PUT / HTTP/1.1'))], 'http1', []],
  'an HTTP/1.1 response alone': [[as('response', text('HTTP/1.1 200 OK\r\n\r\n'))], 'http1', []],
  ttrpc: [[as('request', hex('0000001000000001 0100 0a0b'))], 'other', []],
  'a server that speaks first': [
    [as('response', text('SSH-2.0-x\r\n')), as('request', clientPreface)],
    'other',
    [],
  ],
  'HTTP/2 answered in HTTP/1.1': [
    [
      as('request', clientPreface, settings, request),
      as('response', text('HTTP/1.1 400 Bad Request\r\n\r\n')),
    ],
    'http2',
    ['headers', 'desync'],
  ],
  'a gap in the preface': [
    [
      as('request', clientPreface.slice(0, 9)),
      { direction: 'request', lost: 15 },
      as('response', settings, response),
    ],
    'http2',
    ['desync', 'headers'],
  ],
};

describe('the first octets tell the protocol', () => {
  for (const [name, [steps, protocol, after]] of Object.entries(cases)) {
    for (const [how, cut] of [
      ['whole', steps],
      ['octet by octet', recut(steps, [1])],
    ] as const) {
      test(`${name}, ${how}`, () => {
        const counters = createHttp2Counters();
        const [first, ...rest] = watch(cut, { joined: false, counters });
        assert.equal(first?.kind === 'protocol' ? first.protocol : null, protocol);
        assert.deepEqual(
          rest.map(({ kind }) => kind),
          after,
        );
        assert.equal(
          counters.http2Connections + counters.http1Connections + counters.otherConnections,
          protocol === null ? 0 : 1,
        );
      });
    }
  }
});

test('octets of a protocol left alone are counted', () => {
  const counters = createHttp2Counters();
  const steps: Step[] = [
    as('request', text('GET / HTTP/1.1\r\n\r\n')),
    as('response', new Uint8Array(1000)),
    { direction: 'response', lost: 5 },
  ];
  assert.deepEqual(watch(steps, { joined: false, counters }), [{ kind: 'protocol', protocol: 'http1' }]);
  assert.equal(counters.requestBytes, 18);
  assert.equal(counters.responseBytes, 1000);
  assert.equal(counters.lostBytes, 5);
});
