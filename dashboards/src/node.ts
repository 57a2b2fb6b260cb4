import { agentRow } from './agent-row.ts';
import {
  type DashboardPlan,
  of,
  perSecond,
  quantile,
  query,
  rate,
  risen,
  withExemplars,
} from './dashboard-plan.ts';
import { kernelRow } from './kernel-row.ts';
import { stacked, timeseries } from './panels.ts';

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
        stacked(
          'Calls in flight',
          'By method, at each scrape. A method that stays there is stuck or polled; one GetContainerEvents of a kubelet is normal and stays for good.',
          { unit: 'short', width: 8 },
          [query(`sum by (rpc_method) (${of('cri_calls_in_flight')})`, '{{rpc_method}}')],
        ),
        timeseries(
          'Age of the oldest',
          'By method. A line that rises by a second each second is one call that does not come back: look for it on the agent’s page or with `critrace observe`.',
          { unit: 's', width: 8, warnAt: 30, badAt: 120 },
          [query(`max by (rpc_method) (${of('cri_calls_in_flight_oldest_age_seconds')})`, '{{rpc_method}}')],
        ),
        timeseries(
          'Convoys',
          'Calls that ended together right after a longer one, by the method of the first: it suggests which call held up the others. The convoy’s span names them all.',
          { unit: 'short', width: 8, warnAt: 1 },
          [
            risen('cri_convoys_total', 'rpc_method', 'convoys'),
            risen('cri_convoy_followers_total', 'rpc_method', 'held up'),
            risen('cri_convoy_wait_seconds_total', 'rpc_method', 'seconds waited'),
          ],
        ),
        timeseries(
          'Given up and stuck',
          'Calls that were given up, by why, and calls that took longer than their method should. deadline: the runtime was too slow; cancelled: the client went away.',
          { unit: 'short', width: 8, warnAt: 1 },
          [
            risen('cri_given_up_calls_total', 'rpc_method, cause'),
            risen('cri_stuck_calls_total', 'rpc_method', 'stuck'),
            risen('cri_deadline_exceeded_total', 'rpc_method', 'deadline'),
          ],
        ),
        timeseries(
          'Zombies and retries',
          'Given-up calls on which the runtime still worked, by what showed it, and the tries that followed. name_reserved: tries cannot succeed before the first is through; find what it waits for.',
          { unit: 'short', width: 8, warnAt: 1 },
          [
            risen('cri_zombie_calls_total', 'rpc_method, evidence'),
            risen('cri_retry_chains_total', 'rpc_method', 'chains'),
            risen('cri_retries_total', 'rpc_method', 'retries'),
          ],
        ),
        timeseries(
          'Messages near the limit',
          'Messages near (none) or over the size that peers accept, by who refused them. Once refused, the call fails each time: remove dead containers, pods, images or large annotations.',
          { unit: 'short', width: 8, badAt: 1 },
          [risen('cri_message_limit_findings_total', 'rpc_method, refused_by')],
        ),
      ],
    },
    {
      title: 'Calls',
      panels: [
        stacked(
          'Calls by method',
          'What the node is asked. ListContainers and ListPodSandbox each second are the kubelet’s relist; ExecSync are probes and hooks.',
          { unit: 'reqps', width: 8 },
          [perSecond(`${client}_count`, 'rpc_method')],
        ),
        timeseries(
          'Slowest 1 % by method',
          '99th percentile by method, with single calls as points: click one for its trace. Beside the kubelet’s own kubelet_runtime_operations_duration_seconds: what that shows more is the kubelet’s queue and gRPC client.',
          { unit: 's', width: 8 },
          [withExemplars(quantile(0.99, client, 'rpc_method'), '{{rpc_method}}')],
        ),
        timeseries(
          'Errors by method and status',
          'As the client sees them. ContainerStatus NOT_FOUND is normal for a kubelet; DEADLINE_EXCEEDED, UNKNOWN and UNAVAILABLE are not.',
          { unit: 'reqps', width: 8 },
          [perSecond(`${client}_count`, 'rpc_method, error_type', '', 'error_type!=""')],
        ),
        timeseries(
          'Rounds of the kubelet',
          'How long its loops take, 99th percentile. pleg_relist is the one that the node’s health rests on.',
          { unit: 's', width: 8, badAt: 60 },
          [query(quantile(0.99, 'cri_round_duration_seconds', 'round'), '{{round}}')],
        ),
        timeseries(
          'Rounds: how often, how many calls, how many failed',
          'Relists more often than each second, or with many calls in each, cost CPU on both sides. Failed rounds mean that the kubelet works with an old picture.',
          { unit: 'ops', width: 8 },
          [
            perSecond('cri_round_duration_seconds_count', 'round'),
            perSecond('cri_round_calls_total', 'round', 'calls'),
            perSecond('cri_round_failed_total', 'round', 'failed'),
            query(`sum(${rate('cri_relist_unhealthy_total')})`, 'relists that came too late'),
          ],
        ),
        timeseries(
          'What relists find',
          'Sandboxes and containers on the node, dead ones included. Many more containers than the node runs: garbage collection does not keep up.',
          { unit: 'short', width: 8 },
          [
            query(`sum by (what) (${of('cri_relist_items')})`, '{{what}}'),
            query(quantile(0.99, 'cri_list_items', 'rpc_method'), '{{rpc_method}} items'),
          ],
        ),
        timeseries(
          'Message bytes',
          'Bytes per second in requests and responses. Large responses of lists cost both sides; see which method.',
          { unit: 'Bps', width: 12 },
          [
            perSecond('cri_response_size_bytes_sum', 'rpc_method'),
            query(`sum(${rate('cri_request_size_bytes_sum')})`, 'requests'),
          ],
        ),
        timeseries(
          'Restarts of containers and stops of pods',
          'Duration of a container made anew in a running pod, and of stopping a pod, 95th percentile. Stops as long as the grace period are programs that ignore SIGTERM.',
          { unit: 's', width: 12 },
          [
            withExemplars(
              quantile(0.95, 'cri_container_restart_duration_seconds', 'outcome'),
              'restart {{outcome}}',
            ),
            withExemplars(quantile(0.95, 'cri_pod_stop_duration_seconds', 'outcome'), 'stop {{outcome}}'),
          ],
        ),
      ],
    },
    kernelRow,
    agentRow,
  ],
};
