export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'cyan' | 'dim' | 'bold';

/** Paints a text, or leaves it as it is where colour is not wanted. */
export type Paint = (colour: Colour, text: string) => string;

const codes: Readonly<Record<Colour, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  cyan: 36,
};

export const painter = (colour: boolean): Paint =>
  colour ? (name, text) => (text === '' ? '' : `\x1b[${codes[name]}m${text}\x1b[0m`) : (_name, text) => text;

/** Colour goes to a terminal only, and not where `NO_COLOR` is set to anything (no-color.org) or the terminal is dumb. */
export const wantsColour = (
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean => isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb';
