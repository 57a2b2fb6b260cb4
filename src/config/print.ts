import { stringify } from 'yaml';
import { type OptionName, optionNames, optionOf } from './options.ts';
import { describeProvenance } from './provenance.ts';
import type { ResolvedConfig } from './resolve.ts';

const redactedSecret = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return '[redacted]';
  return Object.fromEntries(Object.keys(value).map((key) => [key, '[redacted]']));
};

const shownValue = (name: OptionName, { config }: ResolvedConfig): unknown => {
  const { value, secret } = optionOf(name);
  if (config[name] === null) return null;
  return secret ? redactedSecret(config[name]) : value.format(config[name]);
};

const yamlValue = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? JSON.stringify(value)
    : stringify(value, { lineWidth: 0 }).trim();

/** The effective configuration as a YAML file, with where each value came from as a comment. */
export const printConfigYaml = (resolved: ResolvedConfig): string => {
  const entries = optionNames.map((name) => {
    const value = shownValue(name, resolved);
    const where = describeProvenance(resolved.provenance[name]);
    const note = value === null ? `${where}: ${optionOf(name).defaultText}` : where;
    return { text: `${name}: ${yamlValue(value)}`, note };
  });
  const width = Math.min(60, Math.max(...entries.map(({ text }) => text.length)));
  return entries.map(({ text, note }) => `${text.padEnd(width)}  # ${note}\n`).join('');
};

export const printConfigJson = (resolved: ResolvedConfig): string =>
  `${JSON.stringify(
    Object.fromEntries(
      optionNames.map((name) => [
        name,
        { value: shownValue(name, resolved), from: describeProvenance(resolved.provenance[name]) },
      ]),
    ),
  )}\n`;
