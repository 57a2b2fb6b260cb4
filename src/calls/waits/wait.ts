import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import type { KernelShare } from '../kernel/story.ts';
import type { Phase } from '../pods/operation.ts';

/** What shows that a call waited for another one of the same runtime. */
export type Behind = 'same_container' | 'same_sandbox' | 'same_image' | 'convoy';

interface Stretch {
  readonly start: Nanos;
  readonly end: Nanos;
}

/** The call that waited, or whose work it was, as its operation names it; `call` is null where it is forgotten. */
interface OfCall extends Stretch {
  readonly phase: Phase;
  readonly call: Call | null;
}

/** One stretch of an operation's time, and what it went to as far as the evidence goes. */
export type Wait =
  /** No call of the operation was under way: time of the client itself. */
  | (Stretch & { readonly on: 'client' })
  /** Likewise, after a call that failed: until the client tried again. */
  | (Stretch & { readonly on: 'back_off'; readonly failed: Phase })
  | (Stretch & { readonly on: 'init_container'; readonly container: string })
  /** The client began this pull only when one of another pod was through. */
  | (OfCall & { readonly on: 'pull_queue'; readonly behind: Call; readonly atOnce: number })
  /** In the runtime, while another call was under way that ended just before this one did. */
  | (OfCall & { readonly on: Behind; readonly behind: Call })
  /** Written by one side, and not read yet by the other. */
  | (OfCall & { readonly on: 'socket'; readonly unread: 'request' | 'response' })
  /** In the runtime, while a program or a sync of this call ran. */
  | (OfCall & { readonly on: 'kernel'; readonly group: string; readonly name: string })
  /** In the runtime, and nothing says what it did. */
  | (OfCall & { readonly on: 'runtime' });

/** With what people read. */
export type ToldWait = Wait & {
  /** `PullImage of default/web`; null: it is behind no other call. */
  readonly behindText: string | null;
  /** What shows that the time went to this; null: nothing but the times of the operation's own calls. */
  readonly evidence: string | null;
};

/** Where the time of an operation went. */
export interface Course {
  /** In their order, one after the other: together the whole time. */
  readonly waits: readonly ToldWait[];
  /** The same added up, the largest first. */
  readonly shares: readonly KernelShare[];
  /** The shares in words. */
  readonly breakdown: string;
}
