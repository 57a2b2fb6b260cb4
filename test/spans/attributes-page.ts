import { valueAttributes } from '../../src/cri/values.ts';
import { type AttributeRow, attributeRows } from '../../src/spans/attributes.ts';
import { casualtyAttributeRows } from '../../src/spans/casualty-attributes.ts';
import { connectionAttributeRows } from '../../src/spans/connection-attributes.ts';
import { kernelPartRows, kernelTotalRows } from '../../src/spans/kernel-attributes.ts';
import { negotiationAttributeRows } from '../../src/spans/negotiation-attributes.ts';
import { podAttributeRows } from '../../src/spans/pod-attributes.ts';
import { roundAttributeRows } from '../../src/spans/round-attributes.ts';
import { symptomAttributeRows } from '../../src/spans/symptom-attributes.ts';
import { upgradeAttributeRows } from '../../src/spans/upgrade-attributes.ts';
import { waitAttributeRows } from '../../src/spans/wait-attributes.ts';

const code = (text: unknown): string => `\`${String(text)}\``;

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const cellsOf = (row: AttributeRow): string[] => [code(row.name), row.type, row.when, code(row.example)];

const rowsOf = (wanted: (row: AttributeRow) => boolean): string[][] =>
  attributeRows.filter(wanted).map(cellsOf);

const heads = ['attribute', 'type', 'when it is there, and what it says', 'example'];
const section = (wanted: (row: AttributeRow) => boolean): string => table(heads, rowsOf(wanted));

const values = Object.entries(valueAttributes).map(([name, meaning]) => [code(`cri.${name}`), meaning]);

/** `docs/reference/attributes.md`: made from the tables that the code itself is held to. */
export const attributesPage = (): string => `# Attributes

Made from the tables in the code; \`node --import tsx test/spans/attributes-page.ts\` writes it anew, a test compares.

A call is two spans: CLIENT, of the process that called (service \`kubelet\`, \`crictl\`, ...), and its child SERVER, of the
runtime (service \`containerd\`, \`cri-o\`, ...). Both are named after \`rpc.method\`, or \`grpc\` where that is \`_OTHER\`.
Names outside \`cri.\` and their meaning are those of OpenTelemetry's semantic conventions 1.45.
What is not known is not there: no attribute is ever a guess or an empty text. Text that a peer chose is cut at 2048
characters, and went through the scrubber before.

The status of the CLIENT span is an error for every gRPC status but \`OK\`, and for a call that was reset or whose
connection was lost; that of the SERVER span only for \`UNKNOWN\`, \`DEADLINE_EXCEEDED\`, \`UNIMPLEMENTED\`, \`INTERNAL\`,
\`UNAVAILABLE\`, \`DATA_LOSS\` and resets that say the same. So \`ContainerStatus\` with \`NOT_FOUND\`, which is normal, is an
error of the kubelet's span only: tell calls apart by \`rpc.status_code\`, not by span status.

Parent of a CLIENT span is the span that the request's \`traceparent\` names, with its flags and \`tracestate\`; without one
the negotiation, or the start or stop of a pod that it is a step of; else the call is a trace of its own. Ids are hashes of who called whom: the same capture always gives the same ones.

A call still in flight when the observation ends becomes a span that ends there, with \`cri.outcome\` \`in_flight\`; one
that began before the observation starts where it was first seen, with \`cri.time.start_unknown\`.

## On both spans

${section(({ on }) => on === 'both')}

## On the CLIENT span only

${section(({ on }) => on === 'client')}

What the method itself says stands on the CLIENT span too:

${table(['attribute', 'meaning'], values)}

## On the span of a negotiation

How a process and the runtime agreed on an API version of one service: an INTERNAL span of the caller, with its first call
on each version as children. It carries \`server.address\`, \`cri.service\`, \`cri.api.version\` (once one is agreed on) and:

${table(heads, negotiationAttributeRows.map(cellsOf))}

## On the spans of a pod's start and stop

A root span, INTERNAL, of the client: \`pod start <namespace>/<name>\`, \`pod stop <namespace>/<name>\`, or \`container start
<namespace>/<name> <container>\` for a container that was made anew in a pod that ran. Calls without a \`traceparent\` are
its children; calls of the client's own traces, and the removal of what was stopped, are linked to it. Time in which no call
was under way is a child too: \`kubelet, between calls\`, \`kubelet, after a failed call\`, \`init container <name>\` where that
container ran and ended meanwhile, or \`waiting for another pull\`; and, under the call that waited, \`waiting for StopContainer\`
(\`docs/findings.md\`). The ids come from the pod's uid, the attempt of its sandbox and the attempts of its containers alone, so that
every observer gives the same start the same trace. The root carries \`server.address\`, and all of them
\`k8s.namespace.name\`, \`k8s.pod.name\`, \`k8s.pod.uid\`, \`cri.sandbox.id\`, \`cri.sandbox.attempt\`, where a container is meant
\`k8s.container.name\` and \`k8s.container.restart_count\`, and \`cri.operation\`; the root alone the others of these:

${table(heads, podAttributeRows.map(cellsOf))}

Those of the time between and of waits carry:

${table(heads, waitAttributeRows.map(cellsOf))}

## On the span of a runtime's change

The story of an endpoint (\`docs/findings.md\`), \`runtime change\`, INTERNAL, a trace of its own, with what happened as its
events. It carries \`server.address\` and:

${table(heads, upgradeAttributeRows.map(cellsOf))}

## On the span of a round

A turn of a kubelet's loop (\`docs/rounds.md\`), a root span, INTERNAL, of the kubelet: its kind in words (\`pleg relist\`,
\`log rotation\`). Its calls are its children; calls of the kubelet's own traces are linked to it, both ways. It carries
\`server.address\` and:

${table(heads, roundAttributeRows.map(cellsOf))}

## On the span of a symptom

What the course of calls shows, an INTERNAL span of the caller: \`docs/findings.md\` says what each one is. That of a stuck
call, and of an interval of a stream, is a child of the call's CLIENT span and there before the call ends; the others are
traces of their own, linked to the calls they are about. It carries \`server.address\`, \`cri.rpc\`, \`k8s.*\` of the first
call, and:

${table(heads, symptomAttributeRows.map(cellsOf))}

## On the span of a casualty

A process that was killed for want of memory, a cgroup that stays frozen: an INTERNAL span of the service \`kernel\`, a trace of
its own, with \`cri.symptom\` (\`oom_kill\`, \`frozen\`), \`cri.symptom.revision\`, \`cri.symptom.explanation\`, \`process.pid\` and
\`process.executable.name\` (of who was killed, or who froze it), \`container.id\`, \`k8s.*\` of the container, and:

${table(heads, casualtyAttributeRows.map(cellsOf))}

## On the span of what befell a connection

A caller that could not reach the runtime, a connection that speaks another protocol, is older than the observation, or of which
bytes were not seen (\`docs/findings.md\`): an INTERNAL span of the caller without a length, a trace of its own, with
\`server.address\`, \`cri.symptom\` (\`connection_refused\`, \`connection_not_http2\`, \`connection_joined\`,
\`connection_gap\`), \`cri.symptom.revision\`, \`cri.symptom.explanation\`, and the attributes below. Refusals in a row and gaps of
one connection become a span when their number has doubled: the first, the second, the fourth, the eighth.

${table(heads, connectionAttributeRows.map(cellsOf))}

## Of the work that the kernel saw for a call

Where kernel events are watched, the SERVER span of a call that makes a runtime work (\`RunPodSandbox\`, \`StartContainer\`,
\`PullImage\`, ...) says what that work was. \`docs/kernel.md\` says how processes and calls are joined. OOM kills, fatal
signals and cgroups that stay frozen are events on the span: \`oom kill\`, \`signal\`, \`cgroup frozen\`.

${table(heads, kernelTotalRows.map(cellsOf))}

Each part is an INTERNAL span below it, of the runtime: a program that ran (\`cni.ADD bridge\`, \`runc create\`,
\`containerd-shim start\`, \`exec iptables\`), the first program of a container or the command of an exec
(\`container exec\`), a sync of the runtime itself that took 1 ms or longer (\`fdatasync meta.db\`), a TCP connect
(\`connect\`), and the time from a signal to the end of the container that got it (\`container stop\`). A program is the
child of the program that started it. The span is an error where a plugin, an OCI runtime or a shim failed, or a connect. These
attributes stand on it, and on the events:

${table(heads, kernelPartRows.map(cellsOf))}

## On the resources

One resource for each process seen, all of one node with the same \`host.id\`. Attributes of \`OTEL_RESOURCE_ATTRIBUTES\`
stand on all of them, and \`host.arch\`, but for those that describe critrace itself.

${section(({ on }) => on === 'resource')}
`;

if (process.argv[1] === import.meta.filename) {
  const { writeFileSync } = await import('node:fs');
  writeFileSync(new URL('../../docs/reference/attributes.md', import.meta.url), attributesPage());
}
