import type { CriMethod } from '../../cri/methods.ts';
import type { CriSchema } from '../../cri/schema.ts';
import { type Fit, fitMessage } from './fit.ts';
import { commonness } from './rules.ts';
import type { Sample } from './sample.ts';
import { createShapeCompiler, type WireShape } from './wire-shape.ts';

/** A method that a call without a path may be of. */
export interface Candidate {
  readonly method: CriMethod;
  readonly rpc: string;
  readonly commonness: number;
  readonly request: WireShape;
  readonly response: WireShape;
}

/** All methods of the CRI with the shapes of their messages. Made once. */
export const compileCandidates = (schema: CriSchema): readonly Candidate[] => {
  const shape = createShapeCompiler();
  return [...schema.methods.values()].map(({ method, request, response }) => ({
    method,
    rpc: method.rpc,
    commonness: commonness(method.rpc),
    request: shape(request.type),
    response: shape(response.type),
  }));
};

/** What was seen of a call, without its path. */
export interface Evidence {
  readonly request: Sample | null;
  readonly response: Sample | null;
  /** Complete replies; null where bytes were lost and there may have been more. */
  readonly replies: number | null;
  /** The call is over, with a status of OK. */
  readonly ok: boolean;
}

const both = (one: Fit, other: Fit): Fit => {
  if (one === 'no' || other === 'no') return 'no';
  return one === 'fully' && other === 'fully' ? 'fully' : 'partly';
};

/** Without a reply the call may have failed for what its request lacks: then only what is on the wire counts. */
const requestFit = (shape: WireShape, { bytes, cut }: Sample, answered: boolean): Fit => {
  const fit = fitMessage(shape, bytes, { cut, sensible: true });
  if (fit !== 'no' || answered) return fit;
  return fitMessage(shape, bytes, { cut, sensible: false }) === 'no' ? 'no' : 'partly';
};

export const fitCall = (candidate: Candidate, evidence: Evidence): Fit => {
  const { request, response, replies, ok } = evidence;
  const isOne = replies === null || replies === 1 || (replies === 0 && !ok);
  if (!candidate.method.streaming && !isOne) return 'no';
  const asked = request === null ? 'fully' : requestFit(candidate.request, request, response !== null);
  if (asked === 'no' || response === null) return asked;
  return both(asked, fitMessage(candidate.response, response.bytes, { cut: response.cut, sensible: true }));
};
