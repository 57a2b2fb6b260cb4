import type { ComponentChildren, TargetedKeyboardEvent } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

interface VirtualListProps<Item> {
  readonly label: string;
  readonly items: readonly Item[];
  readonly rowHeight: number;
  readonly head: ComponentChildren;
  /** The same function for as long as it would draw the same: a row is drawn anew only for another item. */
  readonly row: (item: Item) => ComponentChildren;
  readonly keyOf: (item: Item) => string;
  readonly onOpen?: (item: Item) => void;
  /** The end is near: more may be asked for. */
  readonly onEnd?: () => void;
  readonly className?: string;
}

/** Rows drawn beyond those that can be seen. */
const overscan = 8;

/** The window of drawn rows moves on by so many at once: not with every frame of scrolling. */
const stride = 8;

/** Of the head, which stays while the rows go by. */
const headHeight = 33;

interface RowProps<Item> {
  readonly item: Item;
  readonly index: number;
  readonly rowHeight: number;
  readonly isCurrent: boolean;
  readonly draw: (item: Item) => ComponentChildren;
  readonly onClick: (index: number) => void;
  readonly opens: boolean;
}

const Row = <Item,>({ item, index, rowHeight, isCurrent, draw, onClick, opens }: RowProps<Item>) => {
  const content = useMemo(() => draw(item), [item, draw]);
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      class={`row ${isCurrent ? 'row-current' : ''} ${opens ? 'row-opens' : ''}`}
      style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
      onClick={() => onClick(index)}
    >
      {content}
    </div>
  );
};

/**
 * A table of any length of which only the rows in sight are in the document. Arrow keys, j and k move, Enter opens.
 */
export const VirtualList = <Item,>(props: VirtualListProps<Item>) => {
  const { label, items, rowHeight, head, row, keyOf, onOpen, onEnd, className = '' } = props;
  const count = items.length;
  const scroller = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ first: 0, height: 600 });
  const [current, setCurrent] = useState(-1);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = (): void => {
      const first = Math.floor(element.scrollTop / rowHeight / stride) * stride;
      const height = element.clientHeight;
      setSight((before) => (before.first === first && before.height === height ? before : { first, height }));
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [rowHeight]);

  const first = Math.max(0, sight.first - overscan);
  const last = Math.min(count, sight.first + stride + Math.ceil(sight.height / rowHeight) + overscan);
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
    else if (event.key === 'Enter' && items[current] !== undefined) onOpen?.(items[current]);
    else return;
    event.preventDefault();
  };

  const onClick = (index: number): void => {
    setCurrent(index);
    const item = items[index];
    if (item !== undefined) onOpen?.(item);
  };
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
          {items.slice(first, last).map((item, nth) => (
            <Row
              key={keyOf(item)}
              item={item}
              index={first + nth}
              rowHeight={rowHeight}
              isCurrent={first + nth === current}
              draw={row}
              onClick={onClick}
              opens={onOpen !== undefined}
            />
          ))}
        </div>
      </div>
    </div>
  );
};
