import { dashboards } from './all.ts';
import { dashboardJson } from './build.ts';
import { allAlerts } from './rules/all.ts';
import { prometheusRuleYaml, rulesYaml, runbookFile, runbookIndex, runbookOf } from './rules/build.ts';

/** Every file that is made from the sources here, with its text. */
export const madeFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ...dashboards.map((plan): [string, string] => [`dashboards/${plan.file}`, dashboardJson(plan)]),
    ['dashboards/rules.yml', rulesYaml()],
    ['dashboards/prometheus-rule.yaml', prometheusRuleYaml()],
    ...allAlerts.map((plan): [string, string] => [runbookFile(plan), runbookOf(plan)]),
    ['docs/runbooks/README.md', runbookIndex(allAlerts)],
  ]);
