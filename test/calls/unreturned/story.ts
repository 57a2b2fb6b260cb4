import type { Call } from '../../../src/calls/call.ts';
import {
  createUnreturnedCounters,
  defaultUnreturnedLimits,
  type UnreturnedCounters,
  type UnreturnedLimits,
} from '../../../src/calls/unreturned/limits.ts';
import type { Symptom } from '../../../src/calls/unreturned/symptom.ts';
import { createSymptoms } from '../../../src/calls/unreturned/symptoms.ts';
import type { Nanos } from '../../../src/foundation/time.ts';
import type { CallEnd, GrpcEvent } from '../../../src/grpc/event.ts';
import { aCall } from '../../support/a-call.ts';

/** One call of a story; times are milliseconds after its beginning. */
export interface Told {
  readonly rpc: string;
  readonly from: number;
  /** Null: it never ends. */
  readonly to: number | null;
  readonly service?: 'RuntimeService' | 'ImageService';
  readonly status?: string;
  readonly message?: string;
  /** The client resets it, with this code. */
  readonly reset?: string;
  readonly timeoutMs?: number;
  readonly facts?: Partial<Call['facts']>;
  readonly items?: number;
  readonly responseBytes?: number;
  /** When each response message comes, complete. */
  readonly messagesAt?: readonly number[];
  readonly messageBytes?: number;
  /** A status that comes after the reset. */
  readonly lateReplyAt?: number;
  readonly pid?: number;
}

const begin = 1_800_000_000_000_000_000n;
export const at = (ms: number): Nanos => begin + BigInt(Math.round(ms * 1e6));

const endOf = (told: Told, ms: number, late: boolean): CallEnd => {
  const isReset = told.reset !== undefined;
  const status = late ? 'OK' : isReset ? null : (told.status ?? 'OK');
  return {
    outcome: status === null ? 'reset' : 'finished',
    end: { at: at(ms), sentAt: null },
    responseStart: null,
    status,
    statusCode: null,
    statusMessage: told.message ?? null,
    reset: told.reset === undefined ? null : { by: 'client', code: told.reset },
    request: { messages: 1, bytes: 10 },
    response: { messages: 1, bytes: told.responseBytes ?? 10 },
    responseEncoding: null,
    lostBytes: 0,
  };
};

const callOf = (told: Told, stream: number): Call => {
  const base = aCall();
  const service = told.service ?? 'RuntimeService';
  return aCall({
    connection: 1,
    stream,
    rpc: told.rpc,
    service,
    method: `runtime.v1.${service}/${told.rpc}`,
    start: at(told.from),
    end: null,
    timeoutNs: told.timeoutMs === undefined ? null : BigInt(told.timeoutMs) * 1_000_000n,
    facts: { ...base.facts, items: told.items ?? null, ...told.facts },
    caller: { ...base.caller, pid: told.pid ?? base.caller.pid },
    result: { ...endOf({ ...told, status: 'OK' }, told.from, false), outcome: 'in_flight', status: null },
  });
};

interface Moment {
  readonly ms: number;
  readonly run: (out: Symptom[]) => void;
}

export interface Story {
  readonly symptoms: readonly Symptom[];
  readonly counters: UnreturnedCounters;
}

/** Lets the calls happen in order of time, and the input go on until `until`. */
export const tell = (
  calls: readonly Told[],
  until: number | null = null,
  changes: Partial<UnreturnedLimits> = {},
): Story => {
  const counters = createUnreturnedCounters();
  const watching = createSymptoms(counters, { ...defaultUnreturnedLimits, ...changes });
  const open = new Map<number, Call>();
  const snapshot = (stream: number): Call | null => open.get(stream) ?? null;
  const grpc = (event: GrpcEvent, ms: number): void => watching.grpc(1, event, snapshot, at(ms));

  const moments: Moment[] = calls.flatMap((told, nth): Moment[] => {
    const stream = 2 * nth + 1;
    const call = callOf(told, stream);
    const ended = (ms: number, late: boolean): Call => ({
      ...call,
      revision: late ? 1 : 0,
      end: at(ms),
      result: endOf(told, ms, late),
    });
    const start: Moment = {
      ms: told.from,
      run() {
        open.set(stream, call);
        const path = `/${call.method}`;
        const head = {
          stream,
          start: { at: at(told.from), sentAt: null },
          path,
          authority: null,
          userAgent: null,
          requestEncoding: null,
          timeoutNs: call.timeoutNs,
          traceparent: null,
          tracestate: null,
          baggageKeys: [],
          entries: [],
        };
        grpc({ kind: 'call_start', head }, told.from);
      },
    };
    const messages = (told.messagesAt ?? []).map((ms): Moment => {
      const length = told.messageBytes ?? 100;
      const bytes = new Uint8Array(0);
      return {
        ms,
        run: () =>
          grpc(
            {
              kind: 'message',
              stream,
              direction: 'response',
              compressed: false,
              length,
              offset: 0,
              bytes,
              last: told.reset === undefined,
            },
            ms,
          ),
      };
    });
    const end: Moment[] = [];
    const { to, lateReplyAt } = told;
    if (to !== null) {
      end.push({
        ms: to,
        run(out) {
          open.delete(stream);
          const call = ended(to, false);
          watching.ended(call, out);
          grpc({ kind: 'call_end', stream, result: call.result }, to);
        },
      });
    }
    if (lateReplyAt !== undefined)
      end.push({ ms: lateReplyAt, run: (out) => watching.ended(ended(lateReplyAt, true), out) });
    return [start, ...messages, ...end];
  });

  const symptoms: Symptom[] = [];
  for (const { ms, run } of moments.sort((a, b) => a.ms - b.ms)) {
    watching.tick(at(ms), symptoms);
    run(symptoms);
  }
  if (until !== null) watching.tick(at(until), symptoms);
  watching.finish(symptoms);
  return { symptoms, counters };
};

export const ofKind = <Kind extends Symptom['kind']>(
  { symptoms }: Story,
  kind: Kind,
): Extract<Symptom, { kind: Kind }>[] =>
  symptoms.filter((found): found is Extract<Symptom, { kind: Kind }> => found.kind === kind);
