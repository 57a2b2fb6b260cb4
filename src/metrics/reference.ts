import { instrumentAreas, instruments, maxSeries, seriesOfSet } from './instruments/table.ts';

const code = (text: string): string => `\`${text}\``;

/** The tables of all instruments for the reference page, as Markdown. */
export const metricsReference = (): string => {
  const areas = instrumentAreas.map(({ title, instruments: of }) => {
    const rows = Object.entries(of).map(([name, one]) => {
      const labels = one.labels.length === 0 ? 'none' : one.labels.map(code).join(', ');
      return `| ${code(name)} | ${one.type}${one.exemplars ? ', exemplars' : ''} | ${one.unit} | ${labels} | ${one.labels.length === 0 ? 1 : one.maxSets} x ${seriesOfSet(one)} | ${one.help} |`;
    });
    return [
      `### ${title}`,
      '',
      '| metric | type | unit | labels | at most | meaning |',
      '|---|---|---|---|---|---|',
      ...rows,
    ].join('\n');
  });
  return `${areas.join('\n\n')}\n\n${Object.keys(instruments).length} metrics; an agent never has more than ${maxSeries} series.\n`;
};
