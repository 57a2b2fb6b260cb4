import type { RuleGroupPlan } from './rule-plan.ts';

export const versionRules: RuleGroupPlan = {
  name: 'critrace-versions',
  records: [],
  alerts: [
    {
      alert: 'CRIVersionRefused',
      cases: [
        {
          severity: 'critical',
          for: '2m',
          expr: 'max by (job, instance, caller, service, verdict) (cri_negotiation_verdict{verdict=~"gave_up|version_refused_after_upgrade"}) == 1',
        },
      ],
      summary: 'A program and the runtime have no API version in common.',
      description:
        '{{ $labels.caller }} on {{ $labels.instance }}: {{ $labels.verdict }} for the {{ $labels.service }}.',
      means:
        'gave_up: the program ended, or does nothing, as no version was served. version_refused_after_upgrade: the runtime was replaced by one that no longer has the version which the running program settled on.',
      look: [
        '“Verdict of each program” on *API versions*.',
        'The negotiation among the findings: what was asked, what was answered, and what to do.',
      ],
      act: [
        'version_refused_after_upgrade: restart the program.',
        'gave_up of a kubelet: update it, or go back to the runtime before. With “unknown service runtime.v1.RuntimeService” on a new containerd see whether its CRI plugin is disabled or failed to load.',
      ],
    },
    {
      alert: 'CRIDeprecatedVersionInUse',
      cases: [
        {
          severity: 'info',
          for: '30m',
          expr: 'sum by (job, instance, caller) (rate(cri_calls_total{api_version="v1alpha2"}[30m])) > 0',
        },
      ],
      summary: 'A program still uses the CRI v1alpha2.',
      description:
        '{{ $labels.caller }} on {{ $labels.instance }} makes {{ $value | humanize }} calls per second on v1alpha2.',
      means:
        'containerd 2.0 and CRI-O 1.26 no longer serve it: the program breaks with the runtime’s next update.',
      look: [
        '“Programs that use v1alpha2” on *API versions*; `critrace stats --callers` names process and pod.',
      ],
      act: ['Update the program before the runtime.'],
    },
    {
      alert: 'CRIRuntimeAway',
      cases: [
        {
          severity: 'critical',
          for: '2m',
          expr: 'sum by (job, instance, server_address) (increase(cri_connections_refused_total[5m])) > 0',
        },
      ],
      summary: 'Callers come and the runtime cannot be reached.',
      description:
        '{{ $value | humanize }} connections to {{ $labels.server_address }} on {{ $labels.instance }} found no runtime within five minutes.',
      means: 'The runtime’s socket is gone or refuses. A restart shows for seconds; this lasts.',
      look: [
        '`systemctl status containerd` (or crio) and its log.',
        '`/readyz` of the agent names the socket and the error.',
      ],
      act: [
        'Start the runtime. When it ends again and again: its configuration after an update, or a full disk.',
      ],
    },
  ],
};
