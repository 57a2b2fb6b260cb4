import type { ComponentChildren } from 'preact';

/** Why there is nothing to see here, and what would change that. */
export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="notice" role="status">
    <strong>{title}</strong>
    {children === undefined ? null : <p>{children}</p>}
  </div>
);

/** The same where it is what one hopes for. */
export const Nothing = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <div class="notice notice-line" role="status">
    <span class="strong">{title}</span>
    <span class="quiet">{children}</span>
  </div>
);

export const Failed = ({ error }: { error: string }) => (
  <div class="notice notice-failed" role="alert">
    <strong>This could not be shown</strong>
    <p>{error}</p>
  </div>
);

export const Loading = () => (
  <div class="notice notice-quiet" role="status" aria-live="polite">
    Loading…
  </div>
);
