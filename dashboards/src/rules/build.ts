import { stringify } from 'yaml';
import { ruleGroups } from './all.ts';
import type { AlertPlan, RuleGroupPlan } from './rule-plan.ts';

export const runbookFile = ({ alert }: Pick<AlertPlan, 'alert'>): string => `docs/runbooks/${alert}.md`;

const groupOf = ({ name, records, alerts }: RuleGroupPlan) => ({
  name,
  rules: [
    ...records.map(({ record, expr }) => ({ record, expr })),
    ...alerts.flatMap((plan) =>
      plan.cases.map(({ severity, expr, for: wait, labels = {} }) => ({
        alert: plan.alert,
        expr,
        for: wait,
        labels: { severity, ...labels },
        annotations: {
          summary: plan.summary,
          description: plan.description,
          // In this project; where its pages are served somewhere, that address belongs before it.
          runbook_url: runbookFile(plan),
        },
      })),
    ),
  ],
});

const made =
  '# Made from dashboards/src/rules/ by `node --import tsx dashboards/src/write.ts`; a test compares.\n';
const yaml = (value: unknown): string =>
  `${made}${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;

/** For `rule_files` of Prometheus. */
export const rulesYaml = (): string => yaml({ groups: ruleGroups.map(groupOf) });

/** The same for the Prometheus operator. */
export const prometheusRuleYaml = (): string =>
  yaml({
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'critrace', labels: { 'app.kubernetes.io/name': 'critrace' } },
    spec: { groups: ruleGroups.map(groupOf) },
  });

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

export const runbookOf = (plan: AlertPlan): string => `# ${plan.alert}

${plan.summary}

${plan.cases.map(({ severity, expr, for: wait }) => `- ${severity}, after ${wait}: \`${expr}\``).join('\n')}

## What it means

${plan.means}

## Where to look

${list(plan.look)}

## What to do

${list(plan.act)}
`;

export const runbookIndex = (alerts: readonly AlertPlan[]): string => `# Runbooks

A page for each alert of \`dashboards/rules.yml\`, made from \`dashboards/src/rules/\`.

| alert | says |
|---|---|
${alerts.map(({ alert, summary }) => `| [${alert}](${alert}.md) | ${summary} |`).join('\n')}
`;
