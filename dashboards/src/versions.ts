import { type DashboardPlan, increase, of, query, rate } from './dashboard-plan.ts';

export const versions: DashboardPlan = {
  uid: 'critrace-versions',
  file: '3-versions.json',
  title: 'critrace / 3 API versions',
  description:
    'Which version of the CRI does everybody speak? Who would break when v1alpha2 goes, and what an upgrade did.',
  rows: [
    {
      title: 'Who is in danger',
      panels: [
        {
          title: 'Programs that use v1alpha2',
          description:
            'Each row is a program that calls the deprecated API now: it breaks with containerd 2.0 and CRI-O 1.26. Update it before the runtime.',
          type: 'table',
          unit: 'reqps',
          width: 12,
          queries: [
            query(
              `sum by (instance, caller, service) (${rate('cri_calls_total', 'api_version="v1alpha2"')}) > 0`,
              '',
            ),
          ],
        },
        {
          title: 'Programs that could not agree with the runtime',
          description:
            'gave_up: no version in common, a kubelet exits then. version_refused_after_upgrade: it goes on with a version that the runtime no longer has: restart the program. The findings of the agent have the whole story.',
          type: 'table',
          unit: 'short',
          width: 12,
          badAt: 1,
          queries: [
            query(
              `${of('cri_negotiation_verdict', 'verdict=~"gave_up|version_refused_after_upgrade"')} == 1`,
              '',
            ),
          ],
        },
      ],
    },
    {
      title: 'What was agreed on',
      panels: [
        {
          title: 'Verdict of each program',
          description:
            'What the newest process of each program came to with each endpoint and service. fell_back_to_v1alpha2: the runtime is older than the program; plan its update.',
          type: 'table',
          unit: 'short',
          width: 24,
          queries: [query(`${of('cri_negotiation_verdict')} == 1`, '')],
        },
        {
          title: 'Negotiations by outcome',
          description:
            'Processes whose choice was seen, as it happened. A burst is a restart of kubelets; gave_up again and again is a kubelet in a crash loop.',
          type: 'stacked',
          unit: 'short',
          width: 12,
          queries: [
            query(
              `sum by (verdict, service) (${increase('cri_negotiations_total')})`,
              '{{verdict}} {{service}}',
            ),
          ],
        },
        {
          title: 'Calls by version',
          description: 'After an upgrade v1alpha2 is to go to 0. What is left is named in the table above.',
          type: 'stacked',
          unit: 'reqps',
          width: 12,
          queries: [query(`sum by (api_version) (${rate('cri_calls_total')})`, '{{api_version}}')],
        },
      ],
    },
    {
      title: 'Who calls, and what is missing',
      panels: [
        {
          title: 'Calls by program',
          description:
            'kubelet first is normal. Another program with many calls polls the runtime, at a price that all pay: lower its rate.',
          type: 'stacked',
          unit: 'reqps',
          width: 12,
          queries: [query(`sum by (caller) (${rate('cri_calls_total')})`, '{{caller}}')],
        },
        {
          title: 'Features that the runtime refuses',
          description:
            'Calls of newer methods that were answered UNIMPLEMENTED. Nothing is broken: the program does it in an older way. list_streaming: lists stay bound by the message limit.',
          type: 'timeseries',
          unit: 'short',
          width: 12,
          queries: [
            query(
              `sum by (feature, rpc_method) (${increase('cri_feature_refusals_total')})`,
              '{{feature}} {{rpc_method}}',
            ),
          ],
        },
        {
          title: 'Fallbacks',
          description:
            'Processes that were seen to use an older method instead of a refused one, in all. A runtime update makes these go.',
          type: 'table',
          unit: 'short',
          width: 12,
          queries: [
            query(
              `sum by (instance, feature, rpc_method, instead) (${of('cri_feature_fallbacks_total')})`,
              '',
            ),
          ],
        },
        {
          title: 'Agents',
          description: 'Versions of critrace, and how each watches: tap in the kernel, proxy in the path.',
          type: 'table',
          unit: 'short',
          width: 12,
          queries: [
            query(
              `${of('critrace_build_info')} * on (job, instance) group_left (mode) ${of('critrace_source_info')}`,
              '',
            ),
          ],
        },
      ],
    },
  ],
};
