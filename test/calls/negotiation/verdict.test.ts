import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ApiVersion,
  createEvidence,
  type Evidence,
  type Verdict,
  verdictOf,
} from '../../../src/calls/negotiation/verdict.ts';

interface Case {
  readonly name: string;
  readonly tried?: readonly ApiVersion[];
  readonly served?: readonly ApiVersion[];
  readonly refused?: readonly ApiVersion[];
  readonly rest?: Partial<Pick<Evidence, 'takenForGranted' | 'failed' | 'unread' | 'gone'>>;
  readonly verdict: Verdict;
}

const cases: readonly Case[] = [
  { name: 'nothing seen', verdict: 'undetermined' },
  { name: 'v1 served', tried: ['v1'], served: ['v1'], verdict: 'v1' },
  { name: 'v1alpha2 alone', tried: ['v1alpha2'], served: ['v1alpha2'], verdict: 'v1alpha2' },
  {
    name: 'v1alpha2 behind a refused v1',
    tried: ['v1', 'v1alpha2'],
    served: ['v1alpha2'],
    refused: ['v1'],
    verdict: 'fell_back_to_v1alpha2',
  },
  { name: 'v1 refused, the caller is there', tried: ['v1'], refused: ['v1'], verdict: 'undetermined' },
  {
    name: 'v1 refused, the caller left',
    tried: ['v1'],
    refused: ['v1'],
    rest: { gone: true },
    verdict: 'gave_up',
  },
  {
    name: 'v1 refused, something unreadable tried, the caller left',
    tried: ['v1'],
    refused: ['v1'],
    rest: { unread: true, gone: true },
    verdict: 'undetermined',
  },
  {
    name: 'the probe failed otherwise, the caller left',
    tried: ['v1'],
    rest: { failed: true, gone: true },
    verdict: 'gave_up',
  },
  {
    name: 'the probe failed otherwise, v1 follows',
    tried: ['v1'],
    served: ['v1'],
    rest: { failed: true },
    verdict: 'v1',
  },
  {
    name: 'only unknown methods, the caller left',
    tried: ['v1'],
    rest: { gone: true },
    verdict: 'undetermined',
  },
  { name: 'both refused', tried: ['v1', 'v1alpha2'], refused: ['v1', 'v1alpha2'], verdict: 'gave_up' },
  {
    name: 'what was served is refused',
    tried: ['v1', 'v1alpha2'],
    served: ['v1alpha2'],
    refused: ['v1', 'v1alpha2'],
    verdict: 'version_refused_after_upgrade',
  },
  {
    name: 'refused without having asked',
    tried: ['v1alpha2'],
    refused: ['v1alpha2'],
    rest: { takenForGranted: true },
    verdict: 'version_refused_after_upgrade',
  },
];

for (const { name, tried = [], served = [], refused = [], rest = {}, verdict } of cases) {
  test(`${name}: ${verdict}`, () => {
    const evidence: Evidence = {
      ...createEvidence(),
      tried: new Set(tried),
      served: new Set(served),
      refused: new Set(refused),
      ...rest,
    };
    assert.equal(verdictOf(evidence), verdict);
  });
}
