import type { DashboardPlan } from './dashboard-plan.ts';
import { fleet } from './fleet.ts';
import { node } from './node.ts';
import { podStarts } from './pod-starts.ts';
import { versions } from './versions.ts';

/** In the order in which an on-call person asks. */
export const dashboards: readonly DashboardPlan[] = [fleet, podStarts, versions, node];
