import type { RuleGroupPlan } from './rule-plan.ts';

export const kernelRules: RuleGroupPlan = {
  name: 'critrace-kernel',
  records: [
    {
      record: 'job_instance_file_class:cri_file_sync_duration_seconds:p99_rate5m',
      expr: 'histogram_quantile(0.99, sum by (job, instance, file_class, le) (rate(cri_file_sync_duration_seconds_bucket[5m])))',
    },
  ],
  alerts: [
    {
      alert: 'CRIDiskWritesSlow',
      cases: [
        {
          severity: 'warning',
          for: '10m',
          expr: 'job_instance_file_class:cri_file_sync_duration_seconds:p99_rate5m{file_class=~"metadata_db|snapshot_db|container_state"} > 1',
        },
      ],
      summary: 'The runtime waits for its disk.',
      description:
        'fsync of {{ $labels.file_class }} on {{ $labels.instance }} takes {{ $value | humanizeDuration }} or more in 1 % of the cases.',
      means:
        'containerd commits every create, start and exit to one database, one after the other. When its fsync takes seconds, everything queues behind it.',
      look: [
        '“Writes to disk” and “Disk” on *One node*: whose requests fill the device.',
        '“Time of one disk request” on *Pod starts*.',
      ],
      act: [
        'others: find the pod or service that writes, and limit it. The runtime itself: fewer pulls at a time.',
        'A throttled cloud disk: a larger or faster one, or the runtime’s root on a disk of its own.',
      ],
    },
    {
      alert: 'CRINetworkPluginFailing',
      cases: [
        {
          severity: 'warning',
          for: '5m',
          expr: 'sum by (job, instance, plugin) (increase(cri_cni_plugin_failures_total{command="ADD"}[10m])) > 3',
        },
      ],
      summary: 'A network plugin fails to add pods to the network.',
      description:
        '{{ $labels.plugin }} on {{ $labels.instance }} failed {{ $value | humanize }} times in ten minutes.',
      means: 'Each failure is a RunPodSandbox that failed; the kubelet tries again with growing waits.',
      look: [
        'The status of RunPodSandbox among the traces: it has the plugin’s words.',
        'The plugin’s agent (a DaemonSet), where it has one.',
      ],
      act: [
        'No addresses left: clean up leaked ones (host-local: files without a pod in /var/lib/cni/networks).',
        'The agent is away: restart it. “Too many requests”: fewer pods at once.',
      ],
    },
    {
      alert: 'CRIRuntimeKilledForMemory',
      cases: [
        {
          severity: 'critical',
          for: '0s',
          expr: 'sum by (job, instance, process) (increase(cri_oom_kills_total{process=~"containerd.*|crio.*|conmon.*|runc.*|crun.*"}[10m])) > 0',
        },
      ],
      summary: 'The kernel killed a part of the runtime for memory.',
      description: '{{ $labels.process }} on {{ $labels.instance }} was killed for memory.',
      means:
        'runc:[2:INIT]: the limit of the container is too small to start it, and the error that the pod shows does not say so. A shim or the runtime: the node is short of memory.',
      look: ['The memory limit among the attributes of CreateContainer; `dmesg` for the cgroup.'],
      act: [
        'runc: raise the container’s memory limit (a few MiB are needed to start).',
        'The runtime: reserve memory for the system (system-reserved, kube-reserved), fewer pods.',
      ],
    },
    {
      alert: 'CRICgroupFrozen',
      cases: [
        {
          severity: 'warning',
          for: '1m',
          expr: 'max by (job, instance) (cri_cgroup_frozen_oldest_age_seconds) > 60',
        },
      ],
      summary: 'A cgroup stays frozen.',
      description: 'On {{ $labels.instance }} a cgroup has been frozen for {{ $value | humanizeDuration }}.',
      means:
        'All processes in it stand still. runc freezes a cgroup while it changes limits; one that stays so was left by a runc that was interrupted, or by a pause or checkpoint.',
      look: ['`grep -l 1 /sys/fs/cgroup/**/cgroup.freeze` (version 1: `freezer.state`).'],
      act: [
        '`echo 0 > .../cgroup.freeze`, after you know that nobody paused it on purpose. Update runc: versions before 1.1 leave cgroups frozen.',
      ],
    },
  ],
};
