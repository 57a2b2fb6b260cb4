import { optionNames, optionOf, ownVariable } from './options.ts';
import { reloadReasons, whyItWaits } from './reload.ts';

/** The table of all options for the reference page, as Markdown. */
export const optionsReference = (): string => {
  const rows = optionNames.map((name) => {
    const { value, defaultText, otherEnv, doc, default: plain } = optionOf(name);
    const variables = [ownVariable(name), ...otherEnv].map((variable) => `\`${variable}\``).join(', ');
    const shown = plain === null || typeof plain === 'object' ? defaultText : `\`${defaultText}\``;
    return `| \`${name}\` | ${value.type} | ${shown} | ${variables} | ${doc} |`;
  });
  return ['| option | type | default | environment | meaning |', '|---|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
};

/** What SIGHUP takes up and what not, for the reference page, as Markdown. */
export const reloadReference = (): string => {
  const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const rows = reloadReasons().map((why) => {
    const names = optionNames.filter((name) => whyItWaits(name) === why);
    return `| ${listed(names)} | after a restart: ${why} |`;
  });
  return [
    '| option | a new value counts |',
    '|---|---|',
    `| ${listed(optionNames.filter((name) => whyItWaits(name) === null))} | at once |`,
    ...rows,
    '',
  ].join('\n');
};
