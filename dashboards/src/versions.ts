import { type DashboardPlan, of, perSecond, query, rate, risen } from './dashboard-plan.ts';
import { stacked, table, timeseries } from './panels.ts';

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
        table(
          'Programs that use v1alpha2',
          'Each row is a program that calls the deprecated API now: it breaks with containerd 2.0 and CRI-O 1.26. Update it before the runtime.',
          { unit: 'reqps', width: 12 },
          [
            query(
              `sum by (instance, caller, service) (${rate('cri_calls_total', 'api_version="v1alpha2"')}) > 0`,
              '',
            ),
          ],
        ),
        table(
          'Programs that could not agree with the runtime',
          'gave_up: no version in common, a kubelet exits then. version_refused_after_upgrade: it goes on with a version that the runtime no longer has: restart the program. The findings of the agent have the whole story.',
          { unit: 'short', width: 12, badAt: 1 },
          [
            query(
              `${of('cri_negotiation_verdict', 'verdict=~"gave_up|version_refused_after_upgrade"')} == 1`,
              '',
            ),
          ],
        ),
      ],
    },
    {
      title: 'What was agreed on',
      panels: [
        table(
          'Verdict of each program',
          'What the newest process of each program came to with each endpoint and service. fell_back_to_v1alpha2: the runtime is older than the program; plan its update.',
          { unit: 'short', width: 24 },
          [query(`${of('cri_negotiation_verdict')} == 1`, '')],
        ),
        stacked(
          'Negotiations by outcome',
          'Processes whose choice was seen, as it happened. A burst is a restart of kubelets; gave_up again and again is a kubelet in a crash loop.',
          { unit: 'short', width: 12 },
          [risen('cri_negotiations_total', 'verdict, service')],
        ),
        stacked(
          'Calls by version',
          'After an upgrade v1alpha2 is to go to 0. What is left is named in the table above.',
          { unit: 'reqps', width: 12 },
          [perSecond('cri_calls_total', 'api_version')],
        ),
      ],
    },
    {
      title: 'Who calls, and what is missing',
      panels: [
        stacked(
          'Calls by program',
          'kubelet first is normal. Another program with many calls polls the runtime, at a price that all pay: lower its rate.',
          { unit: 'reqps', width: 12 },
          [perSecond('cri_calls_total', 'caller')],
        ),
        timeseries(
          'Features that the runtime refuses',
          'Calls of newer methods that were answered UNIMPLEMENTED. Nothing is broken: the program does it in an older way. list_streaming: lists stay bound by the message limit.',
          { unit: 'short', width: 12 },
          [risen('cri_feature_refusals_total', 'feature, rpc_method')],
        ),
        table(
          'Fallbacks',
          'Processes that were seen to use an older method instead of a refused one, in all. A runtime update makes these go.',
          { unit: 'short', width: 12 },
          [
            query(
              `sum by (instance, feature, rpc_method, instead) (${of('cri_feature_fallbacks_total')})`,
              '',
            ),
          ],
        ),
        table(
          'Agents',
          'Versions of critrace, and how each watches: tap in the kernel, proxy in the path. Two versions for long: an update that hangs on some nodes. A proxy where others tap: that kernel does not let the tap in; `critrace doctor` there says why.',
          { unit: 'short', width: 12 },
          [
            query(
              `${of('critrace_build_info')} * on (job, instance) group_left (mode) ${of('critrace_source_info')}`,
              '',
            ),
          ],
        ),
      ],
    },
  ],
};
