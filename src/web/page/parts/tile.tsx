import type { ComponentChildren } from 'preact';

interface TileProps {
  readonly label: string;
  readonly value: string;
  readonly note?: ComponentChildren;
  readonly tone?: 'plain' | 'warn' | 'bad';
}

export const Tile = ({ label, value, note, tone = 'plain' }: TileProps) => (
  <div class={`tile tile-${tone}`}>
    <dt>{label}</dt>
    <dd class="number">{value}</dd>
    {note === undefined ? null : <dd class="tile-note">{note}</dd>}
  </div>
);

export const Tiles = ({ children }: { children: ComponentChildren }) => <dl class="tiles">{children}</dl>;
