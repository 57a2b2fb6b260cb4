import { agentRules } from './agent.ts';
import { callRules } from './calls.ts';
import { kernelRules } from './kernel.ts';
import type { AlertPlan, RuleGroupPlan } from './rule-plan.ts';
import { versionRules } from './versions.ts';

export const ruleGroups: readonly RuleGroupPlan[] = [callRules, versionRules, kernelRules, agentRules];

export const allAlerts: readonly AlertPlan[] = ruleGroups.flatMap(({ alerts }) => alerts);
