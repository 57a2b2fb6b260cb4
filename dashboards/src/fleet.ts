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
import { stat, timeseries } from './panels.ts';

const serverDuration = 'rpc_server_call_duration_seconds';

export const fleet: DashboardPlan = {
  uid: 'critrace-fleet',
  file: '1-runtime-health.json',
  title: 'critrace / 1 Runtime health',
  description:
    'Is the runtime of every node healthy? All nodes beside one another; a bad one leads to its own dashboard.',
  rows: [
    {
      title: 'Now',
      panels: [
        stat(
          'Nodes watched',
          'Agents whose /readyz says that calls can be seen. Fewer than nodes: an agent is missing, or its runtime’s socket is; see the log of that agent.',
          { unit: 'short', width: 4 },
          [query(`sum(${of('critrace_ready')})`, 'nodes')],
        ),
        stat(
          'Nodes not watched',
          'Agents that run and cannot see calls. Ask /readyz of the agent: it names the socket and the reason.',
          { unit: 'short', width: 4, badAt: 1 },
          [query(`count(${of('critrace_ready')} == 0) or vector(0)`, 'nodes')],
        ),
        stat(
          'Oldest call in flight',
          'The longest that any call has been waiting now. Minutes mean a runtime that hangs or a slow image pull: open the node, and see which method it is.',
          { unit: 's', width: 4, warnAt: 30, badAt: 120 },
          [query(`max(${of('cri_calls_in_flight_oldest_age_seconds')}) or vector(0)`, 'age')],
        ),
        stat(
          'Calls that the runtime failed',
          'Part of all calls that ended in a failure of the runtime’s own (UNKNOWN, INTERNAL, UNAVAILABLE, DEADLINE_EXCEEDED, ...). NOT_FOUND and the like are the caller’s affair and not counted. Above 1 %: see errors by method on the node’s dashboard.',
          { unit: 'percentunit', width: 4, warnAt: 0.01, badAt: 0.05 },
          [
            query(
              `sum(${rate(`${serverDuration}_count`, 'error_type!=""')}) / sum(${rate(`${serverDuration}_count`)}) or vector(0)`,
              'failed',
            ),
          ],
        ),
        stat(
          'Calls',
          'Calls per second over all nodes. A kubelet makes a few each second and a few dozen more for each pod that starts; a sudden multiple is a program that polls.',
          { unit: 'reqps', width: 4 },
          [query(`sum(${rate(`${serverDuration}_count`)})`, 'calls')],
        ),
        stat(
          'Bytes not seen',
          'Bytes that critrace lost while watching. Above 0 the other panels may miss calls: see “The agent” on the node’s dashboard.',
          { unit: 'Bps', width: 4, warnAt: 1 },
          [query(`sum(${rate('critrace_lost_bytes_total')})`, 'lost')],
        ),
      ],
    },
    {
      title: 'Calls',
      panels: [
        timeseries(
          'Calls by node',
          'One node far above the others: look at “Calls by program” on the versions dashboard for who polls it.',
          { unit: 'reqps', width: 8 },
          [perSecond(`${serverDuration}_count`, 'instance')],
        ),
        timeseries(
          'Failed by the runtime, by node',
          'Part of the calls that ended in a failure of the runtime’s own. A node that rises alone has a sick runtime or disk; all at once, a registry or an upgrade.',
          { unit: 'percentunit', width: 8, badAt: 0.05 },
          [
            query(
              `sum by (instance) (${rate(`${serverDuration}_count`, 'error_type!=""')}) / sum by (instance) (${rate(`${serverDuration}_count`)})`,
              '{{instance}}',
            ),
          ],
        ),
        timeseries(
          'Slowest 1 % of calls by node, pulls and stops left out',
          'The 99th percentile of what should be quick. Seconds mean that the runtime waits for something (disk, network plugin, a lock): open the node and see “Writes to disk”.',
          { unit: 's', width: 8, warnAt: 2, badAt: 10 },
          [
            withExemplars(
              quantile(
                0.99,
                serverDuration,
                'instance',
                'rpc_method!~".*/(PullImage|StopContainer|StopPodSandbox|ExecSync|GetContainerEvents)"',
              ),
              '{{instance}}',
            ),
          ],
        ),
      ],
    },
    {
      title: 'Trouble',
      panels: [
        timeseries(
          'Deadlines missed',
          'Calls that were over when their deadline was. The kubelet tries again, often while the runtime still works on the first: see retries on the node’s dashboard.',
          { unit: 'short', width: 6, warnAt: 1 },
          [risen('cri_deadline_exceeded_total', 'instance')],
        ),
        timeseries(
          'Stuck calls and convoys',
          'Calls in flight for longer than their method should take, and groups of calls that one other held up. Both point to a lock in the runtime or to its disk.',
          { unit: 'short', width: 6, warnAt: 1 },
          [
            risen('cri_stuck_calls_total', 'instance', 'stuck'),
            risen('cri_convoys_total', 'instance', 'convoys'),
          ],
        ),
        timeseries(
          'How old relists are',
          'Age of the kubelet’s relist when the next one came, 99th percentile. At 180 s the kubelet says “PLEG is not healthy” and the node becomes NotReady; above 30 s remove dead containers and look at the slowest List and Status calls.',
          { unit: 's', width: 6, warnAt: 30, badAt: 180 },
          [query(quantile(0.99, 'cri_relist_staleness_seconds', 'instance'), '{{instance}}')],
        ),
        timeseries(
          'Largest response, as part of the limit',
          'The largest message of the last minutes against the 16 MiB that kubelet and containerd accept. At 1 lists fail, and the node with them: remove dead containers, pods and images, or large annotations.',
          { unit: 'percentunit', width: 6, warnAt: 0.5, badAt: 0.9 },
          [
            query(
              `max by (instance) (${of('cri_response_largest_bytes')}) / on (instance) group_left () max by (instance) (${of('cri_message_limit_bytes')})`,
              '{{instance}}',
            ),
          ],
        ),
        timeseries(
          'Runtime away',
          'Connections of callers that came while the runtime could not be reached. A restart of the runtime shows as a few; many mean that it does not come up.',
          { unit: 'short', width: 8 },
          [risen('cri_connections_refused_total', 'instance')],
        ),
        timeseries(
          'Killed for memory',
          'Processes of the runtime’s family that the kernel killed. “runc:[2:INIT]” means a memory limit too small to start the container at all; a shim or the runtime itself means that the node is short.',
          { unit: 'short', width: 8, warnAt: 1 },
          [risen('cri_oom_kills_total', 'instance, process')],
        ),
        timeseries(
          'Spans given up',
          'Spans that never reach the collector, by why. queue_full and spool_full: the collector is away for too long; refused: it does not take them. Metrics are not affected.',
          { unit: 'short', width: 8, warnAt: 1 },
          [risen('critrace_export_dropped_spans_total', 'instance, exporter, reason')],
        ),
      ],
    },
  ],
};
