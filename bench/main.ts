import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { agentSection } from './agent/section.ts';
import { decodeSection } from './decode/section.ts';
import { machine } from './machine.ts';
import type { Started } from './processes.ts';
import { relaySection } from './relay/section.ts';
import { intoPage, reportText } from './report.ts';
import type { BenchContext, Section } from './section.ts';

const sections: Readonly<Record<string, (context: BenchContext) => Promise<Section>>> = {
  decode: decodeSection,
  relay: relaySection,
  agent: agentSection,
};

const usage = `usage: npm run bench -- [--quick] [--write] [${Object.keys(sections).join('] [')}]
  --quick  three short rounds: for development, too few to conclude from
  --write  put the results of all sections into docs/benchmarks.md
`;

const page = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

const say = (text: string): void => {
  process.stderr.write(`bench: ${text}\n`);
};

const measured = async (names: readonly string[], quick: boolean): Promise<Section[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'critrace-bench-'));
  const stopped = new AbortController();
  const done: Section[] = [];
  const stop = (signal: NodeJS.Signals) => stopped.abort(signal);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const aborted = new Promise<never>((_, reject) => {
    stopped.signal.addEventListener('abort', () => reject(new Error(`stopped by ${stopped.signal.reason}`)));
  });
  aborted.catch(() => undefined);
  try {
    for (const name of names) {
      const owned: Started[] = [];
      const context: BenchContext = {
        rounds: quick ? 3 : 10,
        seconds: quick ? 1 : 2,
        folder,
        say: (text) => say(`${name}: ${text}`),
        owns(started) {
          owned.push(started);
          return started;
        },
      };
      try {
        const section = sections[name]?.(context);
        if (section !== undefined) done.push(await Promise.race([section, aborted]));
      } finally {
        for (const started of owned.reverse()) await started.stop();
      }
    }
    return done;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
  });
  const names = positionals.length === 0 ? Object.keys(sections) : positionals;
  if (
    names.some((name) => !Object.hasOwn(sections, name)) ||
    (values.write && (values.quick || positionals.length > 0))
  ) {
    process.stderr.write(usage);
    return 2;
  }
  const day = new Date().toISOString().slice(0, 10);
  const text = reportText({ machine: machine(), day, sections: await measured(names, values.quick) });
  process.stdout.write(`${text}\n`);
  if (values.write) await writeFile(page, intoPage(await readFile(page, 'utf8'), text));
  return 0;
};

process.exitCode = await main();
