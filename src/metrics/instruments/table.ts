import { agentInstruments } from './agent-instruments.ts';
import { callInstruments } from './call-instruments.ts';
import { findingInstruments } from './finding-instruments.ts';
import type { Instrument, InstrumentType } from './instrument.ts';
import { kernelInstruments } from './kernel-instruments.ts';
import { podInstruments } from './pod-instruments.ts';
import { roundInstruments } from './round-instruments.ts';

export interface InstrumentArea {
  readonly title: string;
  readonly instruments: Readonly<Record<string, Instrument>>;
}

/** Every instrument there is, by its Prometheus name. */
export const instruments = {
  ...callInstruments,
  ...findingInstruments,
  ...podInstruments,
  ...roundInstruments,
  ...kernelInstruments,
  ...agentInstruments,
} as const;

export const instrumentAreas: readonly InstrumentArea[] = [
  { title: 'Calls', instruments: callInstruments },
  { title: 'Findings', instruments: findingInstruments },
  { title: 'Pods', instruments: podInstruments },
  { title: 'Rounds', instruments: roundInstruments },
  { title: 'Kernel', instruments: kernelInstruments },
  { title: 'The agent', instruments: agentInstruments },
];

type Table = typeof instruments;
export type InstrumentName = keyof Table;

export type NameOf<Type extends InstrumentType> = {
  [Name in InstrumentName]: Table[Name]['type'] extends Type ? Name : never;
}[InstrumentName];

/** Exactly the labels of an instrument, each with its value. */
export type LabelsOf<Name extends InstrumentName> = Name extends InstrumentName
  ? Readonly<Record<Table[Name]['labels'][number], string>>
  : never;

export const instrumentNames = Object.keys(instruments).filter(
  (name): name is InstrumentName => name in instruments,
);

/** The same table with the labels of the single instruments forgotten. */
export const instrumentOf = (name: InstrumentName): Instrument => instruments[name];

/** Series of one set of label values: buckets with +Inf, sum and count, or one. */
export const seriesOfSet = ({ type, buckets }: Instrument): number =>
  type === 'histogram' ? buckets.length + 3 : 1;

/** The most series that one agent can have, whatever its node does. */
export const maxSeries: number = instrumentNames
  .map(instrumentOf)
  .reduce((sum, one) => sum + seriesOfSet(one) * (one.labels.length === 0 ? 1 : one.maxSets + 1), 0);
