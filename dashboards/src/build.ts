import {
  GraphDrawStyle,
  StackingConfigBuilder,
  StackingMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as HeatmapBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { DashboardPlan, PanelPlan, PanelType } from './dashboard-plan.ts';

/** A variable as Grafana fills it in. */
const variable = (name: string): string => `\${${name}}`;

const prometheus = { type: 'prometheus', uid: variable('prometheus_datasource') };

const rowHeight = 1;
const heights: Readonly<Record<PanelType, number>> = {
  stat: 4,
  table: 7,
  heatmap: 8,
  timeseries: 8,
  stacked: 8,
};

const targetsOf = ({ type, queries }: PanelPlan): DataqueryBuilder[] =>
  queries.map(({ expr, legend, exemplars }, index) => {
    const target = new DataqueryBuilder()
      .datasource(prometheus)
      .refId(String.fromCharCode(65 + index))
      .expr(expr)
      .exemplar(exemplars === true);
    if (type === 'table') return target.instant().format(PromQueryFormat.Table);
    if (type === 'heatmap') return target.format(PromQueryFormat.Heatmap).legendFormat(legend);
    return target.range().legendFormat(legend);
  });

const thresholdsOf = ({ warnAt, badAt }: PanelPlan): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([
      { value: null, color: 'green' },
      ...(warnAt === undefined ? [] : [{ value: warnAt, color: 'orange' }]),
      ...(badAt === undefined ? [] : [{ value: badAt, color: 'red' }]),
    ]);

/** A series of one node leads to that node. */
const toNode = (): DashboardLinkBuilder =>
  new DashboardLinkBuilder('This node')
    .type(DashboardLinkType.Link)
    .url(
      `/d/critrace-node?${variable('prometheus_datasource:queryparam')}&var-instance=${variable('__field.labels.instance')}&${variable('__url_time_range')}`,
    );

const emptyBuilderOf = (type: PanelType) => {
  switch (type) {
    case 'stat':
      return new StatBuilder();
    case 'table':
      return new TableBuilder();
    case 'heatmap':
      return new HeatmapBuilder();
    case 'timeseries':
    case 'stacked': {
      const panel = new TimeseriesBuilder()
        .drawStyle(GraphDrawStyle.Line)
        .showPoints(VisibilityMode.Never)
        .tooltip(new VizTooltipOptionsBuilder())
        .legend(new VizLegendOptionsBuilder().showLegend(true))
        .min(0);
      return type === 'timeseries'
        ? panel
        : panel.fillOpacity(40).stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
    }
  }
};

const panelOf = (plan: PanelPlan, id: number, x: number, y: number) => {
  const panel = emptyBuilderOf(plan.type)
    .id(id)
    .title(plan.title)
    .description(plan.description)
    .datasource(prometheus)
    .unit(plan.unit)
    .targets(targetsOf(plan))
    .thresholds(thresholdsOf(plan))
    .gridPos({ x, y, w: plan.width, h: heights[plan.type] });
  return plan.queries.some(({ legend }) => legend.includes('{{instance}}'))
    ? panel.dataLinks([toNode()])
    : panel;
};

const variables = (dashboard: DashboardBuilder): DashboardBuilder => {
  const choice = (name: string, label: string, query: string): QueryVariableBuilder =>
    new QueryVariableBuilder(name)
      .label(label)
      .datasource(prometheus)
      .query({ query, refId: name })
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      .allValue('.+')
      .current({ selected: true, text: ['All'], value: ['$__all'] });
  return dashboard
    .withVariable(
      new DatasourceVariableBuilder('prometheus_datasource')
        .label('Prometheus data source')
        .type('prometheus'),
    )
    .withVariable(choice('job', 'Job', 'label_values(critrace_build_info, job)'))
    .withVariable(choice('instance', 'Instance', 'label_values(critrace_build_info{job=~"$job"}, instance)'))
    .withVariable(
      new TextBoxVariableBuilder('jaeger_url').label('Jaeger').defaultValue('http://localhost:16686'),
    );
};

export const buildDashboard = (plan: DashboardPlan): Dashboard => {
  const dashboard = variables(
    new DashboardBuilder(plan.title)
      .uid(plan.uid)
      .description(plan.description)
      .tags(['critrace', 'kubernetes', 'cri'])
      .timezone('browser')
      .tooltip(DashboardCursorSync.Crosshair)
      .refresh('30s')
      .time({ from: 'now-1h', to: 'now' })
      .readonly()
      .link(
        new DashboardLinkBuilder('critrace')
          .type(DashboardLinkType.Dashboards)
          .tags(['critrace'])
          .includeVars(true)
          .keepTime(true),
      )
      .link(
        new DashboardLinkBuilder('Traces in Jaeger')
          .type(DashboardLinkType.Link)
          .url(`${variable('jaeger_url')}/search?service=kubelet`)
          .targetBlank(true),
      ),
  );
  let id = 0;
  let y = 0;
  for (const row of plan.rows) {
    id += 1;
    dashboard.withRow(new RowBuilder(row.title).id(id).gridPos({ x: 0, y, w: 24, h: rowHeight }));
    y += rowHeight;
    let x = 0;
    let lineHeight = 0;
    for (const panel of row.panels) {
      if (x + panel.width > 24) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      id += 1;
      dashboard.withPanel(panelOf(panel, id, x, y));
      x += panel.width;
      lineHeight = Math.max(lineHeight, heights[panel.type]);
    }
    y += lineHeight;
  }
  return dashboard.build();
};

export const dashboardJson = (plan: DashboardPlan): string =>
  `${JSON.stringify(buildDashboard(plan), null, 2)}\n`;
