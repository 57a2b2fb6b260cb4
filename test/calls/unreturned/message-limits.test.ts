import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ofKind, type Told, tell } from './story.ts';

const mib = 1024 * 1024;
const list = (from: number, rest: Partial<Told>): Told => ({
  rpc: 'ListContainers',
  from,
  to: from + 5,
  ...rest,
});

const said = (calls: readonly Told[]) =>
  ofKind(tell(calls), 'message_limit').map(
    ({ revision, bytes, limitBytes, items, refusedBy, direction, stated }) =>
      `r${revision} ${direction} ${bytes}/${limitBytes} ${items} ${refusedBy}${stated ? ' stated' : ''}`,
  );

const cases: readonly {
  readonly what: string;
  readonly call: Partial<Told>;
  readonly expected: readonly string[];
}[] = [
  { what: 'far from it', call: { responseBytes: 7 * mib, items: 900 }, expected: [] },
  {
    what: 'near',
    call: { responseBytes: 9 * mib, items: 900 },
    expected: [`r0 response ${9 * mib}/${16 * mib} 900 null`],
  },
  {
    what: 'the server will not send it',
    call: {
      status: 'RESOURCE_EXHAUSTED',
      message: 'grpc: trying to send message larger than max (16912345 vs. 16777216)',
    },
    expected: ['r0 response 16912345/16777216 null server stated'],
  },
  {
    what: 'the server will not read it',
    call: {
      status: 'RESOURCE_EXHAUSTED',
      message: 'grpc: received message larger than max (5000000 vs. 4194304)',
    },
    expected: ['r0 request 5000000/4194304 null server stated'],
  },
  {
    what: 'the client reads its length and resets',
    call: { reset: 'CANCEL', messagesAt: [3], messageBytes: 20 * mib, responseBytes: 0 },
    expected: [`r0 response ${20 * mib}/${16 * mib} null client`],
  },
  {
    what: 'exhausted for another reason',
    call: { status: 'RESOURCE_EXHAUSTED', message: 'no space' },
    expected: [],
  },
];

for (const { what, call, expected } of cases) {
  test(`message size: ${what}`, () => {
    const from = 1;
    assert.deepEqual(
      said([list(from, call)].map((told) => ({ ...told, messagesAt: told.messagesAt ?? [] }))),
      expected,
    );
  });
}

test('a list that is asked for each second is told again only when it grew or was refused', () => {
  const near = { responseBytes: 9 * mib, items: 900 };
  const grown = { responseBytes: 10 * mib, items: 1000 };
  const refused = {
    status: 'RESOURCE_EXHAUSTED',
    message: 'grpc: trying to send message larger than max (16912345 vs. 16777216)',
  };
  const calls = [near, near, near, grown, grown, refused, refused].map((rest, nth) => list(nth * 1000, rest));
  assert.deepEqual(
    ofKind(tell(calls), 'message_limit').map(({ revision, bytes }) => [revision, bytes]),
    [
      [0, 9 * mib],
      [1, 10 * mib],
      [2, 16_912_345],
    ],
  );
});
