import { agentRow } from './agent-row.ts';
import { type DashboardPlan, increase, of, quantile, query, rate, withExemplars } from './dashboard-plan.ts';
import { kernelRow } from './kernel-row.ts';

const client = 'rpc_client_call_duration_seconds';

export const node: DashboardPlan = {
  uid: 'critrace-node',
  file: '4-node.json',
  title: 'critrace / 4 One node',
  description:
    'What is wrong on this node? Choose one instance: what waits now, what held it up, what the kernel saw, what critrace itself takes.',
  rows: [
    {
      title: 'What waits',
      panels: [
        {
          title: 'Calls in flight',
          description:
            'By method, at each scrape. A method that stays there is stuck or polled; one GetContainerEvents of a kubelet is normal and stays for good.',
          type: 'stacked',
          unit: 'short',
          width: 8,
          queries: [query(`sum by (rpc_method) (${of('cri_calls_in_flight')})`, '{{rpc_method}}')],
        },
        {
          title: 'Age of the oldest',
          description:
            'By method. A line that rises by a second each second is one call that does not come back: look for it on the agent’s page or with `critrace observe`.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          warnAt: 30,
          badAt: 120,
          queries: [
            query(`max by (rpc_method) (${of('cri_calls_in_flight_oldest_age_seconds')})`, '{{rpc_method}}'),
          ],
        },
        {
          title: 'Convoys',
          description:
            'Calls that ended together right after a longer one, by the method of the first: it suggests which call held up the others. The convoy’s span names them all.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          warnAt: 1,
          queries: [
            query(`sum by (rpc_method) (${increase('cri_convoys_total')})`, '{{rpc_method}} convoys'),
            query(
              `sum by (rpc_method) (${increase('cri_convoy_followers_total')})`,
              '{{rpc_method}} held up',
            ),
            query(
              `sum by (rpc_method) (${increase('cri_convoy_wait_seconds_total')})`,
              '{{rpc_method}} seconds waited',
            ),
          ],
        },
        {
          title: 'Given up and stuck',
          description:
            'Calls that were given up, by why, and calls that took longer than their method should. deadline: the runtime was too slow; cancelled: the client went away.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          warnAt: 1,
          queries: [
            query(
              `sum by (rpc_method, cause) (${increase('cri_given_up_calls_total')})`,
              '{{rpc_method}} {{cause}}',
            ),
            query(`sum by (rpc_method) (${increase('cri_stuck_calls_total')})`, '{{rpc_method}} stuck'),
            query(
              `sum by (rpc_method) (${increase('cri_deadline_exceeded_total')})`,
              '{{rpc_method}} deadline',
            ),
          ],
        },
        {
          title: 'Zombies and retries',
          description:
            'Given-up calls on which the runtime still worked, by what showed it, and the tries that followed. name_reserved: tries cannot succeed before the first is through; find what it waits for.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          warnAt: 1,
          queries: [
            query(
              `sum by (rpc_method, evidence) (${increase('cri_zombie_calls_total')})`,
              '{{rpc_method}} {{evidence}}',
            ),
            query(`sum by (rpc_method) (${increase('cri_retry_chains_total')})`, '{{rpc_method}} chains'),
            query(`sum by (rpc_method) (${increase('cri_retries_total')})`, '{{rpc_method}} retries'),
          ],
        },
        {
          title: 'Messages near the limit',
          description:
            'Messages near (none) or over the size that peers accept, by who refused them. Once refused, the call fails each time: remove dead containers, pods, images or large annotations.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          badAt: 1,
          queries: [
            query(
              `sum by (rpc_method, refused_by) (${increase('cri_message_limit_findings_total')})`,
              '{{rpc_method}} {{refused_by}}',
            ),
          ],
        },
      ],
    },
    {
      title: 'Calls',
      panels: [
        {
          title: 'Calls by method',
          description:
            'What the node is asked. ListContainers and ListPodSandbox each second are the kubelet’s relist; ExecSync are probes and hooks.',
          type: 'stacked',
          unit: 'reqps',
          width: 8,
          queries: [query(`sum by (rpc_method) (${rate(`${client}_count`)})`, '{{rpc_method}}')],
        },
        {
          title: 'Slowest 1 % by method',
          description:
            '99th percentile by method, with single calls as points: click one for its trace. Beside the kubelet’s own kubelet_runtime_operations_duration_seconds: what that shows more is the kubelet’s queue and gRPC client.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          queries: [withExemplars(quantile(0.99, client, 'rpc_method'), '{{rpc_method}}')],
        },
        {
          title: 'Errors by method and status',
          description:
            'As the client sees them. ContainerStatus NOT_FOUND is normal for a kubelet; DEADLINE_EXCEEDED, UNKNOWN and UNAVAILABLE are not.',
          type: 'timeseries',
          unit: 'reqps',
          width: 8,
          queries: [
            query(
              `sum by (rpc_method, error_type) (${rate(`${client}_count`, 'error_type!=""')})`,
              '{{rpc_method}} {{error_type}}',
            ),
          ],
        },
        {
          title: 'Rounds of the kubelet',
          description:
            'How long its loops take, 99th percentile. pleg_relist is the one that the node’s health rests on.',
          type: 'timeseries',
          unit: 's',
          width: 8,
          badAt: 60,
          queries: [query(quantile(0.99, 'cri_round_duration_seconds', 'round'), '{{round}}')],
        },
        {
          title: 'Rounds: how often, how many calls, how many failed',
          description:
            'Relists more often than each second, or with many calls in each, cost CPU on both sides. Failed rounds mean that the kubelet works with an old picture.',
          type: 'timeseries',
          unit: 'ops',
          width: 8,
          queries: [
            query(`sum by (round) (${rate('cri_round_duration_seconds_count')})`, '{{round}}'),
            query(`sum by (round) (${rate('cri_round_calls_total')})`, '{{round}} calls'),
            query(`sum by (round) (${rate('cri_round_failed_total')})`, '{{round}} failed'),
            query(`sum(${rate('cri_relist_unhealthy_total')})`, 'relists that came too late'),
          ],
        },
        {
          title: 'What relists find',
          description:
            'Sandboxes and containers on the node, dead ones included. Many more containers than the node runs: garbage collection does not keep up.',
          type: 'timeseries',
          unit: 'short',
          width: 8,
          queries: [
            query(`sum by (what) (${of('cri_relist_items')})`, '{{what}}'),
            query(quantile(0.99, 'cri_list_items', 'rpc_method'), '{{rpc_method}} items'),
          ],
        },
        {
          title: 'Message bytes',
          description:
            'Bytes per second in requests and responses. Large responses of lists cost both sides; see which method.',
          type: 'timeseries',
          unit: 'Bps',
          width: 12,
          queries: [
            query(`sum by (rpc_method) (${rate('cri_response_size_bytes_sum')})`, '{{rpc_method}}'),
            query(`sum(${rate('cri_request_size_bytes_sum')})`, 'requests'),
          ],
        },
        {
          title: 'Restarts of containers and stops of pods',
          description:
            'Duration of a container made anew in a running pod, and of stopping a pod, 95th percentile. Stops as long as the grace period are programs that ignore SIGTERM.',
          type: 'timeseries',
          unit: 's',
          width: 12,
          queries: [
            withExemplars(
              quantile(0.95, 'cri_container_restart_duration_seconds', 'outcome'),
              'restart {{outcome}}',
            ),
            withExemplars(quantile(0.95, 'cri_pod_stop_duration_seconds', 'outcome'), 'stop {{outcome}}'),
          ],
        },
      ],
    },
    kernelRow,
    agentRow,
  ],
};
