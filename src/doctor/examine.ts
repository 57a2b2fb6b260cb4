import { chooseEndpoints, type Endpoints, usualSockets } from '../config/endpoints.ts';
import { findKubelet, kubeletTracing } from '../config/kubelet.ts';
import { describeProvenance } from '../config/provenance.ts';
import type { ResolvedConfig } from '../config/resolve.ts';
import { chooseSource } from '../config/source.ts';
import type { Clock } from '../foundation/clock.ts';
import type { NativeLoad } from '../kernel/native.ts';
import { defaultProxyLimits } from '../source/proxy/limits.ts';
import { askRuntime } from './answers.ts';
import { cannotListenAt, cannotReach, cannotWriteIn } from './checks.ts';
import { kernelsTried } from './kernels.ts';
import { kubeletChoices } from './kubelet-choice.ts';
import { clockOffset, describeMachine } from './machine.ts';
import { outlook } from './outlook.ts';
import type { Check, DoctorReport, EndpointReport, SourceReport } from './report.ts';
import { serverOf } from './server-process.ts';
import { tryTap } from './tap-trial.ts';
import { runtimeTracing, type Tracing } from './tracing.ts';

export interface Examination {
  readonly resolved: ResolvedConfig;
  readonly native: NativeLoad;
  readonly clock: Clock;
}

const notFound = 'no container runtime socket was found; name it with --runtime-endpoint';

/** Nobody is asked before it is known who was there: the questions make connections of their own. */
const examineEndpoint = async (
  path: string,
  from: Endpoints['from'],
  { native, clock }: Examination,
): Promise<EndpointReport> => {
  const { code, server } = await serverOf(path, native);
  const answers = code === 'connected' ? await askRuntime(path, clock) : [];
  const told = answers.find(({ runtimeName }) => runtimeName !== null);
  return {
    path,
    from,
    connect: code,
    server,
    answers,
    runtimeName: told?.runtimeName ?? null,
    runtimeVersion: told?.runtimeVersion ?? null,
  };
};

const proxyReport = async (
  { config }: ResolvedConfig,
  endpoints: Endpoints | null,
  runtime: EndpointReport | undefined,
): Promise<SourceReport> => {
  const places = [config.listen, ...(endpoints?.image == null ? [] : [config['image-listen']])];
  const why =
    runtime === undefined
      ? notFound
      : runtime.connect !== 'connected'
        ? `${runtime.path}: ${runtime.connect}`
        : ((await Promise.all(places.map(cannotListenAt))).find((one) => one !== null) ?? null);
  return { source: 'proxy', works: why === null, why };
};

/** What somebody has set, not what is so by default. */
const configuredChecks = async (
  { config, provenance }: ResolvedConfig,
  sources: readonly SourceReport[],
  reports: readonly EndpointReport[],
): Promise<Check[]> => {
  const checks: Check[] = [];
  const check = (name: keyof typeof provenance, value: string, why: string | null): void => {
    const where = provenance[name];
    if (where.from === 'default') return;
    checks.push({ what: `${name} ${value} (${describeProvenance(where)})`, works: why === null, why });
  };
  if (config.source !== 'auto')
    check('source', config.source, sources.find(({ source }) => source === config.source)?.why ?? null);
  for (const name of ['runtime-endpoint', 'image-endpoint'] as const) {
    const path = config[name];
    const report = reports.find((one) => one.path === path);
    if (path === null || report === undefined) continue;
    const rpc = name === 'runtime-endpoint' ? 'Version' : 'ImageFsInfo';
    const refusals = report.answers.filter((answer) => answer.rpc === rpc);
    const served = refusals.some(({ status }) => status === 'OK');
    const said = refusals
      .map(({ version, status, message }) => `${version}: ${status} ${message}`)
      .join(', ');
    const why = report.connect !== 'connected' ? report.connect : served ? null : `${rpc} fails: ${said}`;
    check(name, path, why);
  }
  const [collector, store] = [config['otlp-endpoint'], config['store-dir']];
  if (collector !== null) check('otlp-endpoint', collector, await cannotReach(collector));
  if (store !== null) check('store-dir', store, await cannotWriteIn(store));
  return checks;
};

/** Looks at everything that critrace depends on, and asks the runtimes. Changes nothing. */
export const examine = async (examination: Examination): Promise<DoctorReport> => {
  const { resolved, native, clock } = examination;
  const { config } = resolved;
  const machine = describeMachine();
  const kubelet = findKubelet();
  const endpoints = chooseEndpoints(config, { kubelet });
  const paths =
    endpoints === null
      ? []
      : [endpoints.runtime, ...(endpoints.image === null ? [] : [endpoints.image]), ...endpoints.others];
  // Whether the kernel lets the tap in shows without a runtime too.
  const trial = await tryTap(native, paths.length === 0 ? usualSockets : paths, config['ring-size'], clock);

  const reports: EndpointReport[] = [];
  for (const path of paths)
    reports.push(
      await examineEndpoint(path, path === endpoints?.runtime ? endpoints.from : 'usual', examination),
    );
  const runtime = reports.find(({ path }) => path === endpoints?.runtime);
  const image = endpoints?.image == null ? runtime : reports.find(({ path }) => path === endpoints.image);

  const isReached = reports.some(({ connect }) => connect === 'connected');
  const unreached = runtime === undefined ? notFound : `${runtime.path}: ${runtime.connect}`;
  const tapWhy = trial.why ?? (isReached ? null : `nothing to watch: ${unreached}`);
  const sources: SourceReport[] = [
    { source: 'tap', works: tapWhy === null, why: tapWhy },
    await proxyReport(resolved, endpoints, runtime),
  ];
  const servers = new Map(reports.flatMap(({ server }) => (server === null ? [] : [[server.pid, server]])));
  const tracing: Tracing[] = [...servers.values()].map((server) => runtimeTracing(server));
  const known = {
    machine,
    programs: trial.programs,
    sources,
    chosen: chooseSource(resolved, kubelet).mode,
    endpoints: reports,
    kubelet: kubelet === null ? null : { pid: kubelet.pid, tracing: kubeletTracing(kubelet) },
    connected: trial.connected,
  };
  return {
    ...known,
    kernels: kernelsTried(machine.kernel, trial.works, trial.why),
    runtimeTracing: tracing,
    choices: runtime?.connect === 'connected' ? kubeletChoices(runtime.answers, image?.answers ?? []) : [],
    ringBytes: trial.ringBytes,
    proxyQueueBytes: defaultProxyLimits.maxQueuedBytes,
    clock: clockOffset(clock),
    checks: await configuredChecks(resolved, sources, reports),
    ...outlook(known),
  };
};
