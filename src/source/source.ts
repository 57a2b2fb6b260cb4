import type { SourceEvent } from './event.ts';

/**
 * Where bytes come from. A batch holds events of one moment of reading; their bytes are valid until the next
 * batch is asked for. The iterable ends when the input does or after `stop`.
 */
export interface Source {
  /** Stable identity of what is observed: span ids are derived from it. A capture's own, or the host's. */
  readonly identity: string;
  events(): AsyncIterable<readonly SourceEvent[]>;
  /** Ends the iterable after what was already observed; never touches a connection's bytes. */
  stop(): Promise<void>;
}
