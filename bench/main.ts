import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compiledCli } from './agent/critrace.ts';
import { agentSection } from './agent/section.ts';
import { daySection } from './day/section.ts';
import { decodeSection } from './decode/section.ts';
import { machine } from './machine.ts';
import { pageSection } from './page/section.ts';
import { hasProgram, type Started } from './processes.ts';
import { relaySection } from './relay/section.ts';
import { intoPage, type Report, reportText, sectionsIntoPage } from './report.ts';
import type { BenchContext, Section } from './section.ts';
import { tapSection } from './tap/section.ts';

const sections: Readonly<Record<string, (context: BenchContext) => Promise<Section>>> = {
  decode: decodeSection,
  tap: tapSection,
  relay: relaySection,
  agent: agentSection,
  page: pageSection,
  day: daySection,
};

const programs = ['tshark', 'h2load', 'socat', 'nginx', 'taskset', 'bash'];

const usage = `usage: npm run bench -- [--quick] [--write] [${Object.keys(sections).join('] [')}]
  --quick  three short rounds: for development, too few to conclude from
  --write  put the results into docs/benchmarks.md: of all sections, or of those that are named
`;

const page = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

const say = (text: string): void => {
  process.stderr.write(`bench: ${text}\n`);
};

/** A section, with all it started stopped, also when it is stopped itself in the middle. */
const sectionOf = async (name: string, context: Omit<BenchContext, 'owns' | 'say'>): Promise<Section> => {
  const owned: Started[] = [];
  const stopAll = async (): Promise<void> => {
    for (const started of owned.splice(0).reverse()) await started.stop();
  };
  const measure = sections[name];
  if (measure === undefined) throw new Error(`no section ${name}`);
  // What a section waits for ends with the processes it waits for.
  context.signal.addEventListener('abort', () => void stopAll(), { once: true });
  try {
    return await measure({
      ...context,
      say: (text) => say(`${name}: ${text}`),
      owns(started) {
        owned.push(started);
        return started;
      },
    });
  } finally {
    await stopAll();
  }
};

const measured = async (
  names: readonly string[],
  quick: boolean,
  signal: AbortSignal,
): Promise<Section[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'critrace-bench-'));
  const done: Section[] = [];
  try {
    for (const name of names) {
      signal.throwIfAborted();
      done.push(await sectionOf(name, { rounds: quick ? 3 : 10, seconds: quick ? 1 : 2, folder, signal }));
    }
    return done;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const;

const main = async (): Promise<number> => {
  const words = process.argv.slice(2);
  const names = words.filter((word) => !word.startsWith('-'));
  const [quick, write] = [words.includes('--quick'), words.includes('--write')];
  const known = ['--quick', '--write', ...Object.keys(sections)];
  if (!words.every((word) => known.includes(word)) || (write && quick)) {
    process.stderr.write(usage);
    return 2;
  }
  const missing = programs.filter((name) => !hasProgram(name));
  if (missing.length > 0 || !existsSync(compiledCli)) {
    say(`missing: ${missing.length > 0 ? missing.join(', ') : 'dist/'}; .ci/setup bench brings it`);
    return 3;
  }
  const stopped = new AbortController();
  let code: number | null = null;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      code ??= signalCodes[signal];
      stopped.abort();
    });
  try {
    const done = await measured(names.length > 0 ? names : Object.keys(sections), quick, stopped.signal);
    const report: Report = {
      machine: machine(),
      day: new Date().toISOString().slice(0, 10),
      sections: done,
    };
    process.stdout.write(`${reportText(report)}\n`);
    const put = names.length > 0 ? sectionsIntoPage : intoPage;
    if (write) await writeFile(page, put(await readFile(page, 'utf8'), report));
    return 0;
  } catch (error) {
    if (code === null) throw error;
    return code;
  }
};

process.exitCode = await main();
