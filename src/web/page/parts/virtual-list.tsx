import type { ComponentChildren, TargetedKeyboardEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface VirtualListProps {
  readonly label: string;
  readonly count: number;
  readonly rowHeight: number;
  readonly head: ComponentChildren;
  readonly row: (index: number) => ComponentChildren;
  readonly keyOf: (index: number) => string;
  readonly onOpen?: (index: number) => void;
  /** The end is near: more may be asked for. */
  readonly onEnd?: () => void;
  readonly className?: string;
}

/** Rows drawn beyond those that can be seen. */
const overscan = 8;

/** Of the head, which stays while the rows go by. */
const headHeight = 33;

/**
 * A table of any length of which only the rows in sight are in the document. Arrow keys, j and k move, Enter opens.
 */
export const VirtualList = (props: VirtualListProps) => {
  const { label, count, rowHeight, head, row, keyOf, onOpen, onEnd, className = '' } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 600 });
  const [current, setCurrent] = useState(-1);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = (): void => setSight({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);

  const first = Math.max(0, Math.floor(sight.top / rowHeight) - overscan);
  const last = Math.min(count, Math.ceil((sight.top + sight.height) / rowHeight) + overscan);
  useEffect(() => {
    if (last >= count - overscan) onEnd?.();
  }, [last, count, onEnd]);

  const moveTo = (index: number): void => {
    const next = Math.max(0, Math.min(count - 1, index));
    setCurrent(next);
    const element = scroller.current;
    if (element === null) return;
    const top = next * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight + headHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight + headHeight - element.clientHeight;
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    const page = Math.max(1, Math.floor(sight.height / rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: current + 1,
      j: current + 1,
      ArrowUp: current - 1,
      k: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: count - 1,
    };
    const next = steps[event.key];
    if (next !== undefined && count > 0) moveTo(next);
    else if (event.key === 'Enter' && current >= 0 && current < count) onOpen?.(current);
    else return;
    event.preventDefault();
  };

  const indices = Array.from({ length: Math.max(0, last - first) }, (_, nth) => first + nth);
  return (
    <div class={`table ${className}`}>
      <div
        class="table-body"
        role="table"
        aria-label={label}
        aria-rowcount={count + 1}
        ref={scroller}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div role="rowgroup" class="table-head">
          <div role="row" class="row">
            {head}
          </div>
        </div>
        <div role="rowgroup" class="table-space" style={{ height: `${count * rowHeight}px` }}>
          {indices.map((index) => (
            <div
              key={keyOf(index)}
              role="row"
              aria-rowindex={index + 2}
              class={`row ${index === current ? 'row-current' : ''} ${onOpen === undefined ? '' : 'row-opens'}`}
              style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
              onClick={() => {
                setCurrent(index);
                onOpen?.(index);
              }}
            >
              {row(index)}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
};
