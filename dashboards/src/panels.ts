import type { PanelPlan, PanelType, QueryPlan } from './dashboard-plan.ts';

type Looks = Pick<PanelPlan, 'unit' | 'width' | 'warnAt' | 'badAt'>;

/** Its title, what a bad value means and what to do, how it looks, and what it asks. */
type Panel = (title: string, description: string, looks: Looks, queries: readonly QueryPlan[]) => PanelPlan;

const panelOf =
  (type: PanelType): Panel =>
  (title, description, looks, queries) => ({ title, description, type, ...looks, queries });

export const timeseries = panelOf('timeseries');
export const stacked = panelOf('stacked');
export const stat = panelOf('stat');
export const table = panelOf('table');
export const heatmap = panelOf('heatmap');
