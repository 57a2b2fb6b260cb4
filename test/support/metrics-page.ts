import { execFile } from 'node:child_process';
import type { CritraceProcess } from './critrace-process.ts';

/** One sample of a page in the text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*?)\})? (\S+)(?: # .*)?$/;

/** Samples of a page; for tests, whose label values have no quotes. */
export const samplesOf = (page: string): readonly Sample[] =>
  page
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels, value] = sampleLine.exec(line) ?? [];
      if (name === undefined) throw new Error(`not a sample: ${line}`);
      return {
        name,
        labels: Object.fromEntries(
          [...(labels ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, key, of]) => [key, of]),
        ),
        value: Number(value),
      };
    });

/** Sum of the samples of this name that have these labels. */
export const sumOf = (
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number =>
  samples
    .filter((one) => one.name === name && Object.entries(labels).every(([key, of]) => one.labels[key] === of))
    .reduce((sum, { value }) => sum + value, 0);

/** Where the agent says that it serves its numbers. */
export const metricsAddressOf = async (agent: CritraceProcess): Promise<string> => {
  const said = /"msg":"metrics on (http:\S+)\/metrics"/;
  await agent.says(said);
  return said.exec(agent.stderr())?.[1] ?? '';
};

/** Runs a judge with the page as its input; what it says, empty when it has nothing to say. */
export const judged = (program: string, args: readonly string[], page: string): Promise<string> =>
  new Promise((resolve) => {
    const child = execFile(program, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve(`${error === null ? '' : `exit ${error.code}\n`}${stdout}${stderr}`.trim());
    });
    child.stdin?.end(page);
  });

/** Prometheus' own check of the classic text. */
export const promtoolSays = (page: string): Promise<string> => judged('promtool', ['check', 'metrics'], page);

const strictParser =
  'import sys\nfrom prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n' +
  'families = list(parse(sys.stdin.read()))\nassert families\n';

/** The reference parser of OpenMetrics, which refuses what the specification does. */
export const strictParserSays = (page: string): Promise<string> =>
  judged('/usr/bin/python3', ['-c', strictParser], page);
