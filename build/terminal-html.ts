/** The escape sequences that critrace uses, as a dark terminal shows them. */
const styles: Readonly<Record<string, string>> = {
  '1': 'font-weight:600;color:#f3f5f8',
  '2': 'color:#7f8a99',
  '31': 'color:#ff8c97',
  '32': 'color:#6ad19b',
  '33': 'color:#e6b450',
  '34': 'color:#84aaff',
  '36': 'color:#5f92f0',
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\r', '');

/** What was printed to a terminal, as a page with one `pre`. */
export const terminalHtml = (text: string): string => {
  const body = text
    .trimEnd()
    .split('\u001b[')
    .map((piece, nth) => {
      if (nth === 0) return escaped(piece);
      const end = piece.indexOf('m');
      const style = styles[piece.slice(0, end)];
      const rest = escaped(piece.slice(end + 1));
      return style === undefined ? `</span>${rest}` : `<span style="${style}">${rest}`;
    })
    .join('');
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: #0f1216; }
pre { margin: 0; padding: 18px 22px; width: max-content; background: #0f1216; color: #d5dae1;
  font: 13px/1.42 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
</style><pre>${body}</pre>`;
};
