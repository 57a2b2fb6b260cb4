import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCollector } from '../agent/collector.ts';
import { startAgent } from '../agent/critrace.ts';
import { framed } from '../agent/paced-client.ts';
import { type BenchContext, type Conclusion, interleaved, roundsOf, type Section } from '../section.ts';
import { ratios } from '../statistics.ts';
import { h2load } from './h2load.ts';
import { startNginx, startSocat } from './relays.ts';
import { startRuntime } from './runtime.ts';

const versionPath = '/runtime.v1.RuntimeService/Version';
const loads = [1, 8];
const metricOf = (inFlight: number): string => `calls/s, ${inFlight} in flight`;

export const relaySection = async (context: BenchContext): Promise<Section> => {
  const { folder, seconds } = context;
  const { name, socket: runtime } = await startRuntime(context);
  const body = join(folder, 'version.bin');
  // VersionRequest { version: "0.1.0" }
  await writeFile(body, framed(Buffer.from('0a05302e312e30', 'hex')));
  const collector = context.owns(await startCollector());
  const agent = async (agentName: string, collectorPort: number | null): Promise<string> =>
    context.owns(await startAgent({ folder, name: agentName, runtime, collectorPort })).socket;

  const sockets: readonly (readonly [name: string, socket: string])[] = [
    ['direct', runtime],
    ['socat', await startSocat(context, runtime)],
    ['nginx grpc_pass', await startNginx(context, runtime)],
    ['critrace', await agent('observing', null)],
    ['critrace, exporting', await agent('exporting', collector.port)],
  ];
  const candidates = sockets.map(([candidate, socket]) => ({
    name: candidate,
    async measure() {
      const rates: Record<string, number> = {};
      for (const inFlight of loads)
        rates[metricOf(inFlight)] = await h2load({ socket, path: versionPath, body, inFlight, seconds });
      return rates;
    },
  }));
  const series = await interleaved(candidates, context);
  const times = (of: string, to: string, inFlight: number): Conclusion => ({
    says: `time per call through ${of}, times ${to}, ${inFlight} in flight`,
    values: ratios(roundsOf(series, to, metricOf(inFlight)), roundsOf(series, of, metricOf(inFlight))),
    aim: null,
  });
  return {
    title: 'The proxy against other relays',
    how: `\`h2load\`, one connection over a unix socket in a closed loop, ${seconds} s for each value after a second of warm-up,
calls \`Version\` of ${name}: directly, through \`socat\` (which only copies bytes), through nginx \`grpc_pass\`, through
\`critrace agent\` making spans that nobody takes, and through one that exports them to a collector on the same machine.
Nothing is pinned: client, relay and runtime share the cores. A closed loop asks as fast as it can, a hundred times what
a kubelet does.`,
    series,
    conclusions: loads.flatMap((inFlight) => [
      times('critrace', 'direct', inFlight),
      times('critrace, exporting', 'direct', inFlight),
      times('socat', 'direct', inFlight),
      times('nginx grpc_pass', 'direct', inFlight),
      times('critrace', 'socat', inFlight),
      times('critrace', 'nginx grpc_pass', inFlight),
    ]),
  };
};
