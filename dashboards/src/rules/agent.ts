import type { RuleGroupPlan } from './rule-plan.ts';

export const agentRules: RuleGroupPlan = {
  name: 'critrace-agent',
  records: [],
  alerts: [
    {
      alert: 'CRITracerDown',
      cases: [{ severity: 'warning', for: '10m', expr: 'up{job=~".*critrace.*"} == 0' }],
      summary: 'An agent does not answer.',
      description: 'critrace on {{ $labels.instance }} has not been scraped.',
      means:
        'The node is not watched. With the proxy in the path it is worse: then the kubelet has no runtime, and the node becomes NotReady.',
      look: ['`systemctl status critrace` or the pod of the DaemonSet, and its log.'],
      act: ['Start it. Where it cannot stay, point the kubelet back to the runtime’s own socket.'],
    },
    {
      alert: 'CRITracerNotReady',
      cases: [{ severity: 'warning', for: '5m', expr: 'critrace_ready == 0' }],
      summary: 'An agent runs and cannot see calls.',
      description: 'critrace on {{ $labels.instance }} is not ready.',
      means: 'The socket that it watches is not there, refuses, or could not be taken.',
      look: ['`curl http://127.0.0.1:9464/readyz` on the node: it names the socket and the reason.'],
      act: ['The runtime is away: start it. It listens elsewhere: name it with `runtime-endpoint`.'],
    },
    {
      alert: 'CRITracerBytesLost',
      cases: [
        {
          severity: 'info',
          for: '10m',
          expr: 'sum by (job, instance, where) (rate(critrace_lost_bytes_total[10m])) > 0',
        },
      ],
      summary: 'An agent loses bytes of what it watches.',
      description:
        '{{ $value | humanize }} bytes per second are lost on {{ $labels.instance }} ({{ $labels.where }}).',
      means:
        'Some calls are incomplete or missing; those say so themselves. The calls on the node are not affected.',
      look: ['“The agent” on *One node*: buffer, event loop, CPU.'],
      act: ['Give it CPU: a limit below what it needs makes it late. Rare bursts are harmless.'],
    },
    {
      alert: 'CRITracerExportFailing',
      cases: [
        {
          severity: 'warning',
          for: '10m',
          expr: 'sum by (job, instance, exporter, reason) (increase(critrace_export_dropped_spans_total[10m])) > 0',
        },
      ],
      summary: 'Spans are given up.',
      description:
        '{{ $value | humanize }} spans on {{ $labels.instance }} were dropped by {{ $labels.exporter }}: {{ $labels.reason }}.',
      means:
        'Traces have holes. Metrics, and exemplars’ numbers, are not affected; an exemplar may lead nowhere.',
      look: [
        '“Export” and “The collector is” on *One node*; the agent’s log has the collector’s words, once for each cause.',
      ],
      act: [
        'spool_full, queue_full: the collector was away for longer than the spool holds; `spool-disk` makes it larger. refused: it does not take the spans, see its log.',
      ],
    },
  ],
};
