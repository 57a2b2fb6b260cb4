/** A dashboard as data: what it asks and what the answers mean. Its JSON is built from this. */
export interface DashboardPlan {
  readonly uid: string;
  readonly file: string;
  readonly title: string;
  /** The question that it answers. */
  readonly description: string;
  readonly rows: readonly RowPlan[];
}

export interface RowPlan {
  readonly title: string;
  readonly panels: readonly PanelPlan[];
}

export type PanelType = 'timeseries' | 'stacked' | 'stat' | 'table' | 'heatmap';

/** Grafana's names of units. */
export type PanelUnit = 's' | 'bytes' | 'reqps' | 'ops' | 'percentunit' | 'short' | 'Bps';

export interface PanelPlan {
  readonly title: string;
  /** What a bad value means, and what to do. */
  readonly description: string;
  readonly type: PanelType;
  readonly unit: PanelUnit;
  /** Of the 24 columns of the grid. */
  readonly width: number;
  readonly queries: readonly QueryPlan[];
  /** Values from which on the colour changes. */
  readonly warnAt?: number;
  readonly badAt?: number;
}

export interface QueryPlan {
  readonly expr: string;
  readonly legend: string;
  readonly exemplars?: boolean;
}

/** The agents that the reader has chosen. */
export const chosen = 'job=~"$job", instance=~"$instance"';

/** A selector of the chosen agents, and of some of a metric's series. */
export const of = (metric: string, ...matchers: readonly string[]): string =>
  `${metric}{${[chosen, ...matchers].join(', ')}}`;

/** Per second. */
export const rate = (metric: string, ...matchers: readonly string[]): string =>
  `rate(${of(metric, ...matchers)}[$__rate_interval])`;

export const increase = (metric: string, ...matchers: readonly string[]): string =>
  `increase(${of(metric, ...matchers)}[$__rate_interval])`;

export const quantile = (q: number, histogram: string, by: string, ...matchers: readonly string[]): string =>
  `histogram_quantile(${q}, sum by (${[by, 'le'].filter((one) => one !== '').join(', ')}) (${rate(`${histogram}_bucket`, ...matchers)}))`;

export const query = (expr: string, legend: string): QueryPlan => ({ expr, legend });

/** A line for each value of these labels, which name it, with a word behind them. */
const lineEach =
  (
    function_: (metric: string, ...matchers: readonly string[]) => string,
  ): ((metric: string, by: string, word?: string, ...matchers: readonly string[]) => QueryPlan) =>
  (metric, by, word = '', ...matchers) =>
    query(
      `sum by (${by}) (${function_(metric, ...matchers)})`,
      [...by.split(', ').map((label) => `{{${label}}}`), word].join(' ').trim(),
    );

/** By how much it rose. */
export const risen = lineEach(increase);

export const perSecond = lineEach(rate);

/** Its points are calls and pod starts, each with its trace. */
export const withExemplars = (expr: string, legend: string): QueryPlan => ({ expr, legend, exemplars: true });
