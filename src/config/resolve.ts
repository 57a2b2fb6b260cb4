import { ConfigError } from './error.ts';
import { type Config, type OptionName, optionNames, optionOf, variablesOf } from './options.ts';
import { describeProvenance, type Layer, type Provenance, type Setting } from './provenance.ts';
import { type ConfigProvenance, checkTogether } from './rules.ts';
import { nearest } from './suggestion.ts';
import { readYamlFile } from './yaml-file.ts';

export const defaultConfigFile = '/etc/critrace/config.yaml';

export interface ConfigInputs {
  /** Values of flags by option name. */
  readonly flags: Readonly<Partial<Record<OptionName, unknown>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--config`; null: CRITRACE_CONFIG, else the default file if there is one. */
  readonly file: string | null;
}

export interface ResolvedConfig {
  readonly config: Config;
  readonly provenance: ConfigProvenance;
  /** The file that was read; null when there is none. */
  readonly file: string | null;
  /** Things worth a word that are not errors. */
  readonly warnings: readonly string[];
}

const isOptionName = (name: string): name is OptionName => optionNames.some((known) => known === name);

const shown = (name: OptionName, value: unknown): string => {
  if (optionOf(name).secret) return 'its value (not shown)';
  const text = (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))).replace(
    /\/\/[^/@]*@/,
    '//[redacted]@',
  );
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
};

/** The value if it is allowed; throws the one line that says why not. */
const checked = (name: OptionName, { value, where }: Setting): unknown => {
  const result = optionOf(name).value.schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigError(
    `${name}: ${shown(name, value)} cannot be used; ${issue?.message ?? 'it is not allowed'} (set by ${describeProvenance(where)})`,
    `--${name} ${optionOf(name).example}`,
  );
};

const flagLayer = (flags: ConfigInputs['flags']): Layer<OptionName> => {
  const layer = new Map<OptionName, Setting>();
  for (const name of optionNames) {
    const value = flags[name];
    if (value !== undefined) layer.set(name, { value, where: { from: 'flag', flag: `--${name}` } });
  }
  return layer;
};

/** An empty variable is an unset one, as OpenTelemetry has it. */
const environmentLayer = (env: ConfigInputs['env']): Layer<OptionName> => {
  const layer = new Map<OptionName, Setting>();
  for (const name of optionNames) {
    const variable = variablesOf(name).find((candidate) => (env[candidate] ?? '') !== '');
    if (variable !== undefined) layer.set(name, { value: env[variable], where: { from: 'env', variable } });
  }
  return layer;
};

const fileLayer = (entries: ReadonlyMap<string, Setting>): Layer<OptionName> => {
  const layer = new Map<OptionName, Setting>();
  for (const [key, setting] of entries) {
    if (!isOptionName(key)) {
      const near = nearest(key, optionNames);
      throw new ConfigError(
        `unknown option "${key}" (set by ${describeProvenance(setting.where)})${near === null ? '' : `; did you mean "${near}"?`}`,
        `${near ?? 'runtime-endpoint'}: ${optionOf(near !== null && isOptionName(near) ? near : 'runtime-endpoint').example}`,
      );
    }
    // Checked even where something stronger is set: the file is to be right when that is taken away.
    checked(key, setting);
    layer.set(key, setting);
  }
  return layer;
};

/** crictl's own file names the two endpoints under the same keys; all else in it is crictl's business. */
const crictlLayer = (file: string): Layer<OptionName> => {
  const reading = readYamlFile(file);
  const layer = new Map<OptionName, Setting>();
  if (!reading.exists) return layer;
  for (const name of ['runtime-endpoint', 'image-endpoint'] as const) {
    const setting = reading.entries.get(name);
    if (setting !== undefined && setting.value !== '') layer.set(name, setting);
  }
  return layer;
};

/** Kubernetes gives every container variables for each Service: one named `critrace` makes these. */
const serviceVariable =
  /^CRITRACE(_[A-Z0-9_]+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_\w+)?)?)$/;
const otherOwnVariables = ['CRITRACE_CONFIG', 'CRITRACE_FUZZ_RUNS'];

const unknownVariables = (env: ConfigInputs['env']): string[] => {
  const known = new Set([...optionNames.map((name) => variablesOf(name)[0] ?? ''), ...otherOwnVariables]);
  const warnings: string[] = [];
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith('CRITRACE_') || known.has(variable) || serviceVariable.test(variable)) continue;
    const near = nearest(variable, [...known]);
    warnings.push(
      `environment variable ${variable} means nothing to critrace${near === null ? '' : `; did you mean ${near}?`}`,
    );
  }
  return warnings;
};

/** Flags beat environment, environment beats file, file beats defaults. */
export const resolveConfig = (inputs: ConfigInputs): ResolvedConfig => {
  const named = inputs.file ?? (inputs.env.CRITRACE_CONFIG || null);
  const reading = readYamlFile(named ?? defaultConfigFile);
  if (!reading.exists && named !== null) {
    throw new ConfigError(
      `configuration file ${named} does not exist (set by ${inputs.file === null ? 'env CRITRACE_CONFIG' : '--config'})`,
      `--config ${defaultConfigFile}`,
    );
  }
  const layers: Layer<OptionName>[] = [
    flagLayer(inputs.flags),
    environmentLayer(inputs.env),
    fileLayer(reading.exists ? reading.entries : new Map()),
  ];
  const winner = (
    name: OptionName,
    from: readonly Layer<OptionName>[],
  ): { value: unknown; where: Provenance } => {
    for (const layer of from) {
      const setting = layer.get(name);
      if (setting !== undefined) return { value: checked(name, setting), where: setting.where };
    }
    return { value: optionOf(name).default, where: { from: 'default' } };
  };
  layers.push(crictlLayer(String(winner('crictl-config', layers).value)));

  const winners = new Map(optionNames.map((name) => [name, winner(name, layers)]));
  // The schemas gave each value its type; Object.fromEntries forgets which belongs to which.
  const config = Object.fromEntries([...winners].map(([name, { value }]) => [name, value])) as Config;
  const provenance = Object.fromEntries(
    [...winners].map(([name, { where }]) => [name, where]),
  ) as ConfigProvenance;
  checkTogether(config, provenance);
  return {
    config,
    provenance,
    file: reading.exists ? (named ?? defaultConfigFile) : null,
    warnings: unknownVariables(inputs.env),
  };
};
