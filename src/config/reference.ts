import { optionNames, optionOf, ownVariable } from './options.ts';

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
