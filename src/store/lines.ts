import type { Span } from '../spans/span.ts';

/** Where one line of OTLP/JSON lies. `segment` names a file, or a block in memory, and is never used again. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly bytes: number;
}

/** With the spans of the line where they are at hand: then it need not be parsed. */
export type OnLine = (place: Place, text: string, spans?: readonly Span[] | undefined) => void;

/** Lines that grow at the end and may go at the beginning, wherever they are kept. */
export interface Lines {
  /** Hands on the lines that have come since the last time. It lets other work go on in between. */
  refresh(onLine: OnLine): Promise<void>;
  /** Null: the line is gone. */
  read(place: Place): Promise<string | null>;
  isGone(segment: number): boolean;
  close(): Promise<void>;
}
