import type { KernelProgram } from '../kernel/program.ts';
import type { Answer } from './answers.ts';
import type { KubeletChoice } from './kubelet-choice.ts';
import type { DoctorReport, EndpointReport } from './report.ts';
import type { Connected } from './tap-trial.ts';

const mib = (bytes: number | null): string => (bytes === null ? 'unknown' : `${bytes / 1024 / 1024} MiB`);

const heading = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

const machineLines = ({ machine, clock }: DoctorReport): string[] => {
  const has = Object.entries(machine.capabilities ?? {});
  const named = (held: boolean): string =>
    has
      .filter(([, is]) => is === held)
      .map(([name]) => name)
      .join(' ');
  return [
    `Linux ${machine.kernel}, ${machine.architecture}; BTF ${machine.btf ? 'yes' : 'no'}; lockdown ${machine.lockdown ?? 'cannot be read'}; cgroup ${machine.cgroup ?? 'unknown'}`,
    `uid ${machine.uid ?? 'unknown'}; ${machine.capabilities === null ? 'capabilities cannot be read' : `has ${named(true) || 'no capability'}${named(false) === '' ? '' : `; lacks ${named(false)}`}`}`,
    `clock: boot was at ${new Date(Number(clock.offset / 1_000_000n)).toISOString()} by the monotonic clock, known to ${clock.uncertainty} ns`,
  ];
};

const sourceLines = ({ sources, chosen, ringBytes, proxyQueueBytes }: DoctorReport): string[] =>
  sources.map(({ source, works, why }) => {
    const room =
      source === 'tap'
        ? ringBytes === null
          ? ''
          : `, ring ${mib(ringBytes)}`
        : `, queue ${mib(proxyQueueBytes)}`;
    const taken = source === chosen ? '  <- what agent and observe take' : '';
    return `${source.padEnd(5)} ${works ? `works${room}` : `does not work: ${why}`}${taken}`;
  });

const programLines = (programs: readonly KernelProgram[]): string[] => {
  const attached = programs.filter(({ state }) => state === 'attached').map(({ name }) => name);
  const refused = programs.filter(({ state }) => state === 'refused');
  return [
    ...(attached.length === 0 ? [] : [`loaded: ${attached.join(' ')}`]),
    ...refused.map(
      ({ name, replaced, reason, remedy }) =>
        `refused: ${name}${replaced ? ' (another one does its work)' : ''}: ${reason ?? 'no reason given'}${replaced || remedy === null ? '' : `; ${remedy}`}`,
    ),
  ];
};

const short = ({ status, message }: Answer): string => (message === '' ? status : `${status} (${message})`);

const endpointLines = (endpoint: EndpointReport): string[] => {
  const { path, connect, server, runtimeName, runtimeVersion, answers, from } = endpoint;
  if (connect !== 'connected') return [`${path} (${from}): ${connect}`];
  const who = runtimeName === null ? 'says no name' : `${runtimeName} ${runtimeVersion ?? ''}`.trim();
  const by = server === null ? '' : `, ${server.comm ?? 'a process'} pid ${server.pid}`;
  return [
    `${path} (${from}): ${who}${by}`,
    ...(['v1', 'v1alpha2'] as const).map((version) => {
      const of = answers.filter((answer) => answer.version === version);
      return `  ${version.padEnd(8)} ${of.map((answer) => `${answer.rpc} ${short(answer)}`).join(', ')}`;
    }),
  ];
};

const choiceLine = ({ releases, runtime, image, why }: KubeletChoice): string => {
  const chose =
    runtime === 'gives_up'
      ? 'gives up, the node is not registered'
      : image === 'gives_up'
        ? `runtime ${runtime}, images: gives up, the node is not registered`
        : runtime === image
          ? runtime
          : `runtime ${runtime}, images ${image}`;
  return `${releases.padEnd(12)}  ${chose}${why === null ? '' : `: ${why}`}`;
};

/** So many lines for callers: a screen has not more. */
const maxCallers = 8;

const connectedLines = (connected: readonly Connected[] | null): string[] => {
  if (connected === null) return ['not known: only the tap can tell'];
  if (connected.length === 0) return ['nobody'];
  const lines = connected
    .slice(0, maxCallers)
    .map(
      ({ endpoint, client }) =>
        `${client.comm ?? 'unknown'} pid ${client.pid ?? 'unknown'} uid ${client.uid ?? 'unknown'} on ${endpoint}`,
    );
  const more = connected.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more`] : lines;
};

const onOff = (on: boolean | null): string => (on === null ? 'cannot be read' : on ? 'on' : 'off');

const tracingLines = ({ kubelet, runtimeTracing }: DoctorReport): string[] => [
  kubelet === null
    ? 'kubelet: none runs here'
    : `kubelet (pid ${kubelet.pid}): ${onOff(kubelet.tracing.on)}${kubelet.tracing.on === true ? `, to ${kubelet.tracing.endpoint}, ${kubelet.tracing.samplingRatePerMillion} of a million` : ''}`,
  ...runtimeTracing.map(
    ({ program, on, endpoint, from }) =>
      `${program}: ${onOff(on)}${endpoint === null ? '' : `, to ${endpoint}`} (${from})`,
  ),
];

/** For a person: what is there, what is not and why, and at the end what follows from it. */
export const doctorText = (report: DoctorReport): string =>
  [
    'Machine',
    ...machineLines(report).map((line) => `  ${line}`),
    ...heading('Sources', sourceLines(report)),
    ...heading('Programs in the kernel', programLines(report.programs)),
    ...heading(
      'Runtimes',
      report.endpoints.length === 0
        ? ['no socket was found; --runtime-endpoint names one']
        : report.endpoints.flatMap(endpointLines),
    ),
    ...heading('A kubelet that is restarted now', report.choices.map(choiceLine)),
    ...heading('Connected before', connectedLines(report.connected)),
    ...heading('Tracing of their own', tracingLines(report)),
    ...heading(
      'Configured',
      report.checks.map(
        ({ what, works, why }) => `${works ? 'ok    ' : 'FAILS '} ${what}${why === null ? '' : `: ${why}`}`,
      ),
    ),
    ...heading(
      'Kernels',
      report.kernels.map(({ kernel, where, tried, result }) =>
        `${tried.padEnd(13)}  ${kernel} (${where}): ${result}`.replaceAll('`', ''),
      ),
    ),
    ...heading('critrace will see', report.sees),
    ...heading('critrace will not see', report.seesNot),
    '',
  ].join('\n');
