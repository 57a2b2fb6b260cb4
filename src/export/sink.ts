import type { Finding } from '../calls/finding.ts';
import type { Span } from '../spans/span.ts';

/** A finding with the spans that were made of it; none for what is not a call. */
export interface Exported {
  readonly finding: Finding;
  readonly spans: readonly Span[];
}

/** Where findings go. Nothing here may hold up the observer: what a sink cannot take it drops and counts. */
export interface Sink {
  findings(batch: readonly Exported[]): void;
  /** For inputs that can wait (a replay): resolves when there is room for more. Live sources do not ask. */
  ready(): Promise<void>;
  /** Tries to get rid of all that was taken so far; resolves also when that is not possible now. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** How parts of the export report what a person should know; repeated causes are reported once. */
export type ExportLog = (level: 'info' | 'warn' | 'error', message: string) => void;
