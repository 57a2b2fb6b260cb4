import type { CallJson } from '../../api.ts';
import { clock, duration, shortMethod, words } from '../format.ts';
import { VirtualList } from './virtual-list.tsx';

interface CallListProps {
  readonly label: string;
  readonly calls: readonly CallJson[];
  readonly onOpen: (call: CallJson) => void;
  readonly onEnd?: () => void;
}

const rowHeight = 30;

/** A bar on a logarithmic scale from 100 microseconds to 100 seconds: a glance finds what was slow. */
const part = (ms: number): number => Math.max(0, Math.min(1, Math.log10(Math.max(ms, 0.1) / 0.1) / 6));

export const Status = ({ status, failed }: { status: string; failed: boolean }) => (
  <span
    class={failed ? 'status status-failed' : status === 'OK' ? 'status status-ok' : 'status status-other'}
  >
    {/^[a-z]/.test(status) ? words(status) : status}
  </span>
);

const drawCall = (call: CallJson) => (
  <>
    <span role="cell" class="number quiet">
      {clock(call.at)}
    </span>
    <span role="cell" class="strong" title={call.method}>
      {shortMethod(call.method)}
    </span>
    <span role="cell" class="number end">
      {duration(call.ms)}
    </span>
    <span role="cell" class="wide" aria-hidden="true">
      <span
        class={call.failed ? 'meter-bar meter-failed' : 'meter-bar'}
        style={{ width: `${part(call.ms) * 100}%` }}
      />
    </span>
    <span role="cell">
      <Status status={call.status} failed={call.failed} />
    </span>
    <span role="cell" class="wide">
      {call.pod}
      {call.subject === '' ? null : <span class="quiet"> {call.subject}</span>}
    </span>
    <span role="cell" class="wide quiet">
      {call.caller}
    </span>
  </>
);

export const CallList = ({ label, calls, onOpen, onEnd }: CallListProps) => (
  <VirtualList
    label={label}
    className="calls"
    items={calls}
    rowHeight={rowHeight}
    {...(onEnd === undefined ? {} : { onEnd })}
    head={
      <>
        <span role="columnheader">Time (UTC)</span>
        <span role="columnheader">Method</span>
        <span role="columnheader" class="end">
          Duration
        </span>
        <span role="columnheader" class="wide" title="On a logarithmic scale from 100 µs to 100 s">
          <span class="hidden">Duration as a bar</span>
        </span>
        <span role="columnheader">Status</span>
        <span role="columnheader" class="wide">
          Pod, container or image
        </span>
        <span role="columnheader" class="wide">
          Caller
        </span>
      </>
    }
    keyOf={({ span }) => span}
    onOpen={onOpen}
    row={drawCall}
  />
);
