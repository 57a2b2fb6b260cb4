/**
 * Characters that a peer may not bring to a terminal: controls (C0, DEL, C1), line and paragraph separators, and the
 * invisible ones that reorder or hide text (bidirectional and zero-width formatting, tags).
 */
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]|[\u{e0000}-\u{e007f}]/gu;

const short = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

const escaped = (char: string): string => {
  const code = char.codePointAt(0) ?? 0;
  return (
    short.get(char) ??
    (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`)
  );
};

/** Text from the wire, harmless to a terminal and on one line. */
export const terminalText = (text: string): string => text.replace(unsafe, escaped);

/** East Asian wide and emoji blocks: two cells. Combining marks: none. All else counts as one. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const combining = /\p{Mn}|\p{Me}/u;
const ascii = /^[\x20-\x7e]*$/;

const cellsOf = (char: string): number => (combining.test(char) ? 0 : wide.test(char) ? 2 : 1);

/** Terminal cells of a text that has no controls. */
export const cells = (text: string): number => {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += cellsOf(char);
  return width;
};

/** Exactly `width` cells: padded with spaces, or cut with `…` at the end. */
export const fit = (text: string, width: number): string => {
  const has = cells(text);
  if (has <= width) return text + ' '.repeat(width - has);
  let out = '';
  let used = 0;
  for (const char of text) {
    const next = cellsOf(char);
    if (used + next > width - 1) break;
    out += char;
    used += next;
  }
  return width < 1 ? '' : `${out}…${' '.repeat(width - 1 - used)}`;
};
