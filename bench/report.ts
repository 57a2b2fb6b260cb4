import { judge } from './aim.ts';
import type { Conclusion, Section } from './section.ts';
import { estimate } from './statistics.ts';

const number = (value: number): string =>
  Number.isNaN(value)
    ? 'none'
    : value >= 1000
      ? Math.round(value).toLocaleString('en-GB')
      : value.toPrecision(3);

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(row)].join('\n');

const concluded = ({ says, values, aim }: Conclusion): string[] => {
  const found = estimate(values);
  return [
    says,
    number(found.median),
    `${number(found.low)} to ${number(found.high)}`,
    aim === null ? '' : `${aim.is} ${number(aim.value)}`,
    aim === null ? '' : judge(found, aim),
  ];
};

/** Markdown of one section: what follows from it first, then every round. */
const sectionText = ({ title, how, series, conclusions }: Section): string => {
  const rounds = Math.max(...series.map(({ values }) => values.length));
  return [
    `### ${title}`,
    how,
    table(['', 'median', '95 % interval', 'aim', ''], conclusions.map(concluded)),
    'All rounds:',
    table(
      ['', ...Array.from({ length: rounds }, (_, round) => String(round + 1))],
      series.map(({ candidate, metric, values }) => [`${candidate}: ${metric}`, ...values.map(number)]),
    ),
  ].join('\n\n');
};

export interface Report {
  readonly machine: string;
  /** ISO 8601, the day. */
  readonly day: string;
  readonly sections: readonly Section[];
}

const measuredOn = ({ machine, day }: Report): string => `Measured on ${day}: ${machine}.`;

export const reportText = (report: Report): string =>
  [measuredOn(report), ...report.sections.map(sectionText)].join('\n\n');

const begin = '<!-- measured: written by `npm run bench -- --write` -->';
const end = '<!-- end of what was measured -->';

const measuredPart = (page: string): { readonly from: number; readonly to: number } => {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no "${begin}" before "${end}"`);
  return { from: from + begin.length, to };
};

/** The page with its measured part replaced; what people wrote around it stays. */
export const intoPage = (page: string, report: Report): string => {
  const { from, to } = measuredPart(page);
  return `${page.slice(0, from)}\n\n${reportText(report)}\n\n${page.slice(to)}`;
};

/** The page with these sections replaced, or added behind the others; each says when and where it was measured. */
export const sectionsIntoPage = (page: string, report: Report): string => {
  const { from, to } = measuredPart(page);
  let part = page.slice(from, to).trim();
  for (const section of report.sections) {
    const head = `### ${section.title}\n`;
    const text = sectionText(section).replace(head, `${head}\n${measuredOn(report)}\n`);
    const at = part.indexOf(head);
    if (at < 0) part = `${part}\n\n${text}`;
    else {
      const next = part.indexOf('\n### ', at);
      part = part.slice(0, at) + text + (next < 0 ? '' : `\n${part.slice(next)}`);
    }
  }
  return `${page.slice(0, from)}\n\n${part}\n\n${page.slice(to)}`;
};
