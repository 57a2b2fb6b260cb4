import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Negotiation } from '../../../src/calls/negotiation/finding.ts';
import { nobody, play, type Step } from './play.ts';

/** A client that nothing is known of: no pid, no name; each connection stands for itself. */
const connection = (
  nth: number,
  calls: readonly (readonly [string, 'ok' | 'unknown_service' | 'not_ready'])[],
): Step[] => [
  ['open', nth, nobody],
  ...calls.map(([what, result]): Step => [nth, nobody, what, result]),
  ['close', nth, nobody],
];

const brief = ({ connection: of, verdict, previous, count, revision }: Negotiation): string =>
  `${of}: ${verdict}, ${count} in a row after ${previous ?? 'nothing'}, revision ${revision}`;

test('a crash loop is counted, and nobody says that these were processes', () => {
  const found = play([1, 2, 3].flatMap((nth) => connection(nth, [['v1 Version()', 'unknown_service']])));
  assert.deepEqual(found.map(brief), [
    '1: gave_up, 1 in a row after nothing, revision 0',
    '2: gave_up, 2 in a row after gave_up, revision 0',
    '3: gave_up, 3 in a row after gave_up, revision 0',
  ]);
  assert.match(found[2]?.explanation ?? '', /gave up \(3 connections of clients like it in a row\)/);
  assert.deepEqual([found[2]?.loop?.count, found[2]?.loop?.first.connection], [3, 1]);
});

test('a fallback over two connections: two verdicts, and the second says what came before and what is not known', () => {
  const found = play([
    ...connection(1, [['v1 Version()', 'unknown_service']]),
    ['open', 2, nobody],
    [2, nobody, 'v1alpha2 Version', 'ok'],
  ]);
  assert.deepEqual(found.map(brief), [
    '1: gave_up, 1 in a row after nothing, revision 0',
    '2: v1alpha2, 1 in a row after gave_up, revision 0',
  ]);
  assert.match(
    found[1]?.explanation ?? '',
    /without asking for v1 \(the connection before it with its user agent: gave_up; whether that was the same client is not known\)/,
  );
});

test('a fallback on one connection is one', () => {
  const found = play([
    ['open', 1, nobody],
    [1, nobody, 'v1 Version()', 'unknown_service'],
    [1, nobody, 'v1alpha2 Version', 'ok'],
  ]);
  assert.deepEqual(found.map(brief), ['1: fell_back_to_v1alpha2, 1 in a row after nothing, revision 0']);
});

test('a version that is refused to a connection which did not ask was taken for granted', () => {
  const found = play([
    ['open', 1, nobody],
    [1, nobody, 'v1alpha2 Version', 'ok'],
    ['close', 1, nobody],
    ['open', 2, nobody],
    [2, nobody, 'v1alpha2 ListPodSandbox', 'unknown_service'],
  ]);
  assert.deepEqual(found.map(brief), [
    '1: v1alpha2, 1 in a row after nothing, revision 0',
    '2: version_refused_after_upgrade, 1 in a row after v1alpha2, revision 0',
  ]);
  assert.equal(found[1]?.inferred, true);
});
