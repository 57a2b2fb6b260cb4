/** Series of one minute's interval, in promtool's notation, and what an alert says of them. */
export interface RuleCase {
  readonly alert: string;
  readonly at: string;
  readonly fires: readonly string[];
  /** Alerts that fire then: their labels beside the alert's name, and their description. */
  readonly says: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly description: string;
  }[];
  /** Series that are almost as bad, and fire nothing. */
  readonly quiet: readonly string[];
}

const node = 'job="critrace", instance="n1"';
const on = { job: 'critrace', instance: 'n1' };
const runPodSandbox = 'runtime.v1.RuntimeService/RunPodSandbox';

const calls = (errors: number): readonly string[] => [
  `rpc_server_call_duration_seconds_count{${node}, error_type="UNKNOWN"} 0+${errors}x300`,
  `rpc_server_call_duration_seconds_count{${node}, error_type=""} 0+${1000 - errors}x300`,
];

/** All observations lie between the two bounds. */
const histogram = (name: string, labels: string, below: string, upTo: string): readonly string[] => [
  `${name}_bucket{${node}${labels}, le="${below}"} 0+0x60`,
  `${name}_bucket{${node}${labels}, le="${upTo}"} 0+60x60`,
  `${name}_bucket{${node}${labels}, le="+Inf"} 0+60x60`,
];

const burning = 'of the calls on n1 fail for a reason of the runtime’s own.';

export const ruleCases: readonly RuleCase[] = [
  {
    alert: 'CRICallErrorRateHigh',
    at: '4h',
    fires: calls(200),
    quiet: calls(5),
    says: [
      { labels: { ...on, severity: 'critical', long: '1h', short: '5m' }, description: `20% ${burning}` },
      { labels: { ...on, severity: 'critical', long: '6h', short: '30m' }, description: `20% ${burning}` },
      { labels: { ...on, severity: 'warning', long: '1d', short: '2h' }, description: `20% ${burning}` },
      { labels: { ...on, severity: 'warning', long: '3d', short: '6h' }, description: `20% ${burning}` },
    ],
  },
  {
    alert: 'CRICallLatencyHigh',
    at: '30m',
    fires: histogram('rpc_server_call_duration_seconds', `, rpc_method="${runPodSandbox}"`, '10.0', '30.0'),
    // A registry’s time is not the runtime’s.
    quiet: histogram(
      'rpc_server_call_duration_seconds',
      ', rpc_method="runtime.v1.ImageService/PullImage"',
      '10.0',
      '30.0',
    ),
    says: [
      {
        labels: { ...on, severity: 'warning' },
        description: 'The slowest 1 % of calls on n1 take 29.8s or more.',
      },
    ],
  },
  {
    alert: 'CRIRuntimeUnresponsive',
    at: '10m',
    fires: [`cri_calls_in_flight_oldest_age_seconds{${node}, rpc_method="${runPodSandbox}"} 0+60x20`],
    quiet: [
      `cri_calls_in_flight_oldest_age_seconds{${node}, rpc_method="runtime.v1.ImageService/PullImage"} 0+60x20`,
    ],
    says: [
      {
        labels: { ...on, severity: 'critical', rpc_method: runPodSandbox },
        description: `${runPodSandbox} on n1 has been in flight for 10m 0s.`,
      },
    ],
  },
  {
    alert: 'CRIDeadlinesMissed',
    at: '30m',
    fires: [`cri_deadline_exceeded_total{${node}, rpc_method="${runPodSandbox}"} 0+1x60`],
    quiet: [`cri_deadline_exceeded_total{${node}, rpc_method="${runPodSandbox}"} 0x10 2x50`],
    says: [
      {
        labels: { ...on, severity: 'warning', rpc_method: runPodSandbox },
        description: `${runPodSandbox} on n1 missed its deadline 15 times in 15 minutes.`,
      },
    ],
  },
  {
    alert: 'CRIPodStartSlow',
    at: '40m',
    fires: histogram('cri_pod_start_duration_seconds', ', outcome="running"', '60.0', '120.0'),
    quiet: histogram('cri_pod_start_duration_seconds', ', outcome="running"', '30.0', '45.0'),
    says: [
      {
        labels: { ...on, severity: 'warning' },
        description: 'The slowest 5 % of the pod starts on n1 take 1m 57s or more.',
      },
    ],
  },
  {
    alert: 'CRIRelistLate',
    at: '30m',
    fires: [
      ...histogram('cri_relist_staleness_seconds', '', '60.0', '180.0'),
      `cri_relist_unhealthy_total{${node}} 0+1x60`,
    ],
    quiet: [
      ...histogram('cri_relist_staleness_seconds', '', '1.0', '2.5'),
      `cri_relist_unhealthy_total{${node}} 0x60`,
    ],
    says: [
      { labels: { ...on, severity: 'warning' }, description: 'Relists on n1 are late (178.8).' },
      { labels: { ...on, severity: 'critical' }, description: 'Relists on n1 are late (10).' },
    ],
  },
  {
    alert: 'CRIMessageNearLimit',
    at: '30m',
    fires: [
      `cri_response_largest_bytes{${node}, rpc_method="a"} 15000000x60`,
      `cri_message_limit_bytes{${node}} 16777216x60`,
    ],
    quiet: [
      `cri_response_largest_bytes{${node}, rpc_method="a"} 9000000x60`,
      `cri_message_limit_bytes{${node}} 16777216x60`,
    ],
    says: [
      {
        labels: { ...on, severity: 'warning' },
        description: 'The largest response on n1 is 89.41% of the limit.',
      },
    ],
  },
  {
    alert: 'CRIVersionRefused',
    at: '10m',
    fires: [
      `cri_negotiation_verdict{${node}, caller="kubelet", service="RuntimeService", verdict="gave_up", server_address="/a"} 1x60`,
    ],
    quiet: [
      `cri_negotiation_verdict{${node}, caller="kubelet", service="RuntimeService", verdict="gave_up", server_address="/a"} 0x60`,
      `cri_negotiation_verdict{${node}, caller="kubelet", service="RuntimeService", verdict="v1", server_address="/a"} 1x60`,
    ],
    says: [
      {
        labels: {
          ...on,
          severity: 'critical',
          caller: 'kubelet',
          service: 'RuntimeService',
          verdict: 'gave_up',
        },
        description: 'kubelet on n1: gave_up for the RuntimeService.',
      },
    ],
  },
  {
    alert: 'CRIDeprecatedVersionInUse',
    at: '70m',
    fires: [
      `cri_calls_total{${node}, caller="crictl", service="RuntimeService", api_version="v1alpha2"} 0+60x90`,
    ],
    quiet: [`cri_calls_total{${node}, caller="crictl", service="RuntimeService", api_version="v1"} 0+60x90`],
    says: [
      {
        labels: { ...on, severity: 'info', caller: 'crictl' },
        description: 'crictl on n1 makes 1 calls per second on v1alpha2.',
      },
    ],
  },
  {
    alert: 'CRIRuntimeAway',
    at: '10m',
    fires: [`cri_connections_refused_total{${node}, server_address="/run/c.sock", caller="kubelet"} 0+2x60`],
    quiet: [`cri_connections_refused_total{${node}, server_address="/run/c.sock", caller="kubelet"} 7x60`],
    says: [
      {
        labels: { ...on, severity: 'critical', server_address: '/run/c.sock' },
        description: '10 connections to /run/c.sock on n1 found no runtime within five minutes.',
      },
    ],
  },
  {
    alert: 'CRIDiskWritesSlow',
    at: '30m',
    fires: histogram('cri_file_sync_duration_seconds', ', file_class="metadata_db"', '2.5', '5.0'),
    quiet: histogram('cri_file_sync_duration_seconds', ', file_class="container_log"', '2.5', '5.0'),
    says: [
      {
        labels: { ...on, severity: 'warning', file_class: 'metadata_db' },
        description: 'fsync of metadata_db on n1 takes 4.975s or more in 1 % of the cases.',
      },
    ],
  },
  {
    alert: 'CRINetworkPluginFailing',
    at: '30m',
    fires: [`cri_cni_plugin_failures_total{${node}, plugin="bridge", command="ADD"} 0+1x60`],
    quiet: [`cri_cni_plugin_failures_total{${node}, plugin="bridge", command="DEL"} 0+1x60`],
    says: [
      {
        labels: { ...on, severity: 'warning', plugin: 'bridge' },
        description: 'bridge on n1 failed 10 times in ten minutes.',
      },
    ],
  },
  {
    alert: 'CRIRuntimeKilledForMemory',
    at: '10m',
    fires: [`cri_oom_kills_total{${node}, process="runc:[2:INIT]"} 0+1x60`],
    // A program in a container is its owner’s affair.
    quiet: [`cri_oom_kills_total{${node}, process="java"} 0+1x60`],
    says: [
      {
        labels: { ...on, severity: 'critical', process: 'runc:[2:INIT]' },
        description: 'runc:[2:INIT] on n1 was killed for memory.',
      },
    ],
  },
  {
    alert: 'CRICgroupFrozen',
    at: '5m',
    fires: [`cri_cgroup_frozen_oldest_age_seconds{${node}} 0+60x20`],
    quiet: [`cri_cgroup_frozen_oldest_age_seconds{${node}} 3x20`],
    says: [
      { labels: { ...on, severity: 'warning' }, description: 'On n1 a cgroup has been frozen for 5m 0s.' },
    ],
  },
  {
    alert: 'CRITracerDown',
    at: '20m',
    fires: [`up{${node}} 0x60`],
    quiet: [`up{${node}} 1x60`, 'up{job="other", instance="n1"} 0x60'],
    says: [{ labels: { ...on, severity: 'warning' }, description: 'critrace on n1 has not been scraped.' }],
  },
  {
    alert: 'CRITracerNotReady',
    at: '10m',
    fires: [`critrace_ready{${node}} 0x60`],
    quiet: [`critrace_ready{${node}} 1x60`],
    says: [{ labels: { ...on, severity: 'warning' }, description: 'critrace on n1 is not ready.' }],
  },
  {
    alert: 'CRITracerBytesLost',
    at: '30m',
    fires: [`critrace_lost_bytes_total{${node}, where="source"} 0+600x60`],
    quiet: [`critrace_lost_bytes_total{${node}, where="source"} 4711x60`],
    says: [
      {
        labels: { ...on, severity: 'info', where: 'source' },
        description: '10 bytes per second are lost on n1 (source).',
      },
    ],
  },
  {
    alert: 'CRITracerExportFailing',
    at: '30m',
    fires: [`critrace_export_dropped_spans_total{${node}, exporter="otlp", reason="spool_full"} 0+6x60`],
    quiet: [`critrace_export_dropped_spans_total{${node}, exporter="otlp", reason="spool_full"} 6x60`],
    says: [
      {
        labels: { ...on, severity: 'warning', exporter: 'otlp', reason: 'spool_full' },
        description: '60 spans on n1 were dropped by otlp: spool_full.',
      },
    ],
  },
];
