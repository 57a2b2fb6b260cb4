import type { AlertCase, RecordPlan, RuleGroupPlan } from './rule-plan.ts';

const server = 'rpc_server_call_duration_seconds';
/** Methods whose time is set by others: a registry, a program that shuts down, a command. */
const quick =
  'rpc_method!~".*/(PullImage|StopContainer|StopPodSandbox|ExecSync|GetContainerEvents|CheckpointContainer)"';

/** Of a thousand calls so many may fail for a reason of the runtime's own. */
const budget = 0.01;

const windows = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
type Window = (typeof windows)[number];

const ratioOf = (window: Window): string => `job_instance:rpc_server_call_errors:ratio_rate${window}`;

const errorRatios: readonly RecordPlan[] = windows.map((window) => ({
  record: ratioOf(window),
  expr: `sum by (job, instance) (rate(${server}_count{error_type!=""}[${window}])) / sum by (job, instance) (rate(${server}_count[${window}]))`,
}));

/** The budget burns `times` as fast as it may, over a long window and still over a short one. */
const burns = (
  times: number,
  long: Window,
  short: Window,
  wait: string,
  severity: AlertCase['severity'],
): AlertCase => ({
  severity,
  labels: { long, short },
  for: wait,
  expr: `${ratioOf(long)} > ${times} * ${budget} and ${ratioOf(short)} > ${times} * ${budget}`,
});

export const callRules: RuleGroupPlan = {
  name: 'critrace-calls',
  records: [
    ...errorRatios,
    {
      record: 'job_instance:rpc_server_call_duration_seconds:p99_rate5m',
      expr: `histogram_quantile(0.99, sum by (job, instance, le) (rate(${server}_bucket{${quick}}[5m])))`,
    },
    {
      record: 'job_instance:cri_pod_start_duration_seconds:p95_rate15m',
      expr: 'histogram_quantile(0.95, sum by (job, instance, le) (rate(cri_pod_start_duration_seconds_bucket{outcome="running"}[15m])))',
    },
    {
      record: 'job_instance:cri_response_largest_bytes:limit_ratio',
      expr: 'max by (job, instance) (cri_response_largest_bytes) / max by (job, instance) (cri_message_limit_bytes)',
    },
  ],
  alerts: [
    {
      alert: 'CRICallErrorRateHigh',
      cases: [
        burns(14.4, '1h', '5m', '2m', 'critical'),
        burns(6, '6h', '30m', '15m', 'critical'),
        burns(3, '1d', '2h', '1h', 'warning'),
        burns(1, '3d', '6h', '3h', 'warning'),
      ],
      summary: 'The container runtime fails too many calls.',
      description:
        '{{ $value | humanizePercentage }} of the calls on {{ $labels.instance }} fail for a reason of the runtime’s own.',
      means:
        'Of a hundred calls one may fail for a reason of the runtime’s own (UNKNOWN, INTERNAL, UNAVAILABLE, DEADLINE_EXCEEDED, UNIMPLEMENTED, DATA_LOSS). At this rate that is used up long before its time. Pods do not start or do not stop. What the caller brought upon itself, such as NOT_FOUND, does not count.',
      look: [
        '“Errors by method and status” on the dashboard *One node*: which method, which status.',
        '`critrace traces --not --status OK --since 1h`: the runtime’s own words are the status of the span.',
      ],
      act: [
        'PullImage: the registry, the image’s name, or credentials.',
        'RunPodSandbox: the network plugin; see “Network plugins that failed” on *Pod starts*.',
        'UNIMPLEMENTED: a feature that the runtime is too old for, or an API version; see *API versions*.',
        'All methods: the runtime itself. Its log, then its disk; restart it last: running containers stay.',
      ],
    },
    {
      alert: 'CRICallLatencyHigh',
      cases: [
        {
          severity: 'warning',
          for: '10m',
          expr: 'job_instance:rpc_server_call_duration_seconds:p99_rate5m > 10',
        },
      ],
      summary: 'Calls that should be quick take more than ten seconds.',
      description:
        'The slowest 1 % of calls on {{ $labels.instance }} take {{ $value | humanizeDuration }} or more.',
      means:
        'Lists, status, creating and starting containers wait for something in the runtime. Pulls, stops and commands in containers are left out: their time is set by others.',
      look: [
        '“Slowest 1 % by method” on *One node*; a point leads to a trace.',
        '“Writes to disk” and “Convoys” beside it: one call that holds a lock makes all others slow.',
      ],
      act: [
        'The disk is slow (metadata_db): move the runtime’s root to a faster one, or find who fills it.',
        'One method alone: take its trace, and look at its children.',
        'Everything, with a CPU that is full: the node has too many pods or probes.',
      ],
    },
    {
      alert: 'CRIRuntimeUnresponsive',
      cases: [
        {
          severity: 'critical',
          for: '2m',
          expr: `max by (job, instance, rpc_method) (cri_calls_in_flight_oldest_age_seconds{${quick}, rpc_method!="_OTHER"}) > 240`,
        },
      ],
      summary: 'A call has been waiting for minutes and is not answered.',
      description:
        '{{ $labels.rpc_method }} on {{ $labels.instance }} has been in flight for {{ $value | humanizeDuration }}.',
      means:
        'The kubelet gives up after two to four minutes, tries again, and finds the name taken. The node may become NotReady.',
      look: [
        'The agent’s page or `critrace observe`: which call, of which pod, and what the kernel shows below it.',
        'The runtime’s processes in state D (`ps -eo pid,stat,wchan,comm`): storage or NFS that does not answer.',
      ],
      act: [
        'Free what it waits for: an unmounted volume, a network plugin that hangs (end it), a shim that does not answer.',
        'A restart of the runtime ends the call; what it waits for stays.',
      ],
    },
    {
      alert: 'CRIDeadlinesMissed',
      cases: [
        {
          severity: 'warning',
          for: '5m',
          expr: 'sum by (job, instance, rpc_method) (increase(cri_deadline_exceeded_total[15m])) > 3',
        },
      ],
      summary: 'Calls run into their deadlines.',
      description:
        '{{ $labels.rpc_method }} on {{ $labels.instance }} missed its deadline {{ $value | humanize }} times in 15 minutes.',
      means:
        'The client gave up while the runtime still worked. For RunPodSandbox and CreateContainer the next tries fail with “name is reserved” until the first is through.',
      look: [
        '“Zombies and retries” on *One node*.',
        'The retry chain among the findings: it names the pod, the tries and what showed that the runtime went on.',
      ],
      act: [
        'Do not delete and make the pod anew: it has the same effect as a retry. Find what the first call waits for.',
        'The usual causes are a slow disk and a network plugin that waits for its agent.',
      ],
    },
    {
      alert: 'CRIPodStartSlow',
      cases: [
        {
          severity: 'warning',
          for: '15m',
          expr: 'job_instance:cri_pod_start_duration_seconds:p95_rate15m > 60',
        },
      ],
      summary: 'Pods take more than a minute to start.',
      description:
        'The slowest 5 % of the pod starts on {{ $labels.instance }} take {{ $value | humanizeDuration }} or more.',
      means:
        'From the first call for a pod until all of its containers run. Init containers and pulls are part of it.',
      look: [
        '“Mean of a start, by phase” on *Pod starts*: the widest band.',
        'A point of “Pod start” leads to the trace of one.',
      ],
      act: [
        'image_pull: a nearer registry, smaller images, parallel pulls. kubelet: volumes. cni: the plugin. create, start: disk and runc.',
        'pull_queue, a part of kubelet: pulls of other pods were waited for. Let the kubelet pull in parallel (serializeImagePulls: false).',
        'init_container: the program’s own time.',
      ],
    },
    {
      alert: 'CRIRelistLate',
      cases: [
        {
          severity: 'warning',
          for: '5m',
          expr: 'histogram_quantile(0.99, sum by (job, instance, le) (rate(cri_relist_staleness_seconds_bucket[10m]))) > 60',
        },
        {
          severity: 'critical',
          for: '0s',
          expr: 'sum by (job, instance) (increase(cri_relist_unhealthy_total[10m])) > 0',
        },
      ],
      summary: 'The kubelet’s relists come late: at three minutes the node is NotReady.',
      description: 'Relists on {{ $labels.instance }} are late ({{ $value | humanize }}).',
      means:
        'The kubelet learns of the state of its containers by listing them each second. When a relist is more than three minutes old it reports “PLEG is not healthy”.',
      look: [
        '“Rounds of the kubelet” and “What relists find” on *One node*.',
        'The slowest call of a slow pleg_relist round: its trace is always kept.',
      ],
      act: [
        'Thousands of dead containers: remove them, and see why garbage collection does not.',
        'One PodSandboxStatus that hangs: its shim or its volume. Convoys: the call that is named first.',
      ],
    },
    {
      alert: 'CRIMessageNearLimit',
      cases: [
        {
          severity: 'warning',
          for: '15m',
          expr: 'job_instance:cri_response_largest_bytes:limit_ratio > 0.8',
        },
      ],
      summary: 'A list is close to the largest message that gRPC peers accept.',
      description:
        'The largest response on {{ $labels.instance }} is {{ $value | humanizePercentage }} of the limit.',
      means:
        'Beyond 16 MiB the list fails each time, and with it relists and garbage collection, which would make it smaller.',
      look: [
        '“Largest response” on *Runtime health*, “What relists find” on *One node*: how many containers, dead ones included.',
      ],
      act: [
        'Remove dead containers and pods (`crictl rm`, `crictl rmp`) and unused images before it fails.',
        'Look for pods with very large annotations or labels.',
      ],
    },
  ],
};
