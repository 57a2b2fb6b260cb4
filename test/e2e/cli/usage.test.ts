import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { commands } from '../../../src/cli/commands.ts';
import { optionOf, optionsOfGroups } from '../../../src/config/options.ts';
import { critrace, critraceCommand } from '../../cli/critrace.ts';
import { temporaryFolder } from '../../support/folder.ts';

const small = 'test/fixtures/captures/traced-c24-crictl1.36.jsonl.gz';

describe('wrong usage ends with 2, a message that names what is wrong, and nothing on stdout', () => {
  const cases: readonly [args: string[], message: RegExp][] = [
    [[], /Usage: critrace/],
    [['replya'], /unknown command 'replya'[\s\S]*Did you mean replay/],
    [['replay'], /missing required argument 'file'[\s\S]*example: critrace replay/],
    [['replay', small, '-o', 'yaml'], /--output.*'yaml'.*compact, json, otlp[\s\S]*example: /],
    [['replay', small, '--outptu', 'json'], /unknown option '--outptu'[\s\S]*--output/],
    [['replay', small, 'more'], /too many arguments/],
    [['replay', small, '--method', 'RunPodSandbx'], /--method.*Did you mean RunPodSandbox/],
    [['replay', small, '--status', 'NOTFOUND'], /--status.*Did you mean NOT_FOUND.*UNAUTHENTICATED/],
    [['replay', small, '--pod', 'a/b/c'], /--pod.*namespace\/name/],
    [['replay', small, '--min-duration', '5'], /--min-duration.*20ms/],
    [['replay', small, '--since', 'yesterday'], /--since.*2026-11-24T10:00:00Z/],
    [['replay', small, '--last', '0'], /--last.*from 1 to 100000/],
    [['replay', small, '--pace', '0'], /--pace.*above 0/],
    [['replay', small, '--not'], /--not has no filter after it; example: --not --status OK/],
    [['replay', '-', '--since', '5m'], /standard input.*example: --since 2026/],
    [['replay', '/nonexistent.gz'], /\/nonexistent\.gz.*example: critrace replay/],
    [['replay', 'package.json'], /package\.json: not a capture.*header/],
    [['stats', 'package.json'], /package\.json: not a capture.*header/],
    [['completion', 'tcsh'], /'tcsh' is invalid.*bash, zsh, fish/],
    [
      ['config', 'print', '--runtime-endpoint', 'tcp://10.0.0.1:3735'],
      /^error: runtime-endpoint: .*tcp:\/\/.*example: --runtime-endpoint \/run/,
    ],
    [
      ['observe', '--runtime-endpoint', 'npipe:////./pipe/x'],
      /^error: runtime-endpoint: .*npipe.*\(set by --runtime-endpoint\)/,
    ],
    [['agent', '--stop-timeout', 'soon'], /^error: stop-timeout: "soon" cannot be used; allowed: .*8s/],
    [
      ['agent', '--config', '/nonexistent.yaml'],
      /^error: configuration file \/nonexistent\.yaml does not exist/,
    ],
  ];
  for (const [args, message] of cases) {
    it(`critrace ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await critrace(args);
      assert.match(stderr, message);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.ok(!/\n {4}at /.test(stderr), 'no stack');
    });
  }
});

describe('what the environment does not allow ends with 3 and says what to do', () => {
  const cases: readonly [args: string[], message: RegExp][] = [
    [['observe', '-r', '/dev/null'], /\/dev\/null is not a socket.*--runtime-endpoint/s],
    [['observe', '-r', '/nonexistent.sock'], /\/nonexistent\.sock does not exist.*--runtime-endpoint/s],
    [
      ['observe', '-r', '/nonexistent.sock', '--source', 'proxy', '--listen', '/tmp/p.sock'],
      /does not exist/,
    ],
    [['record', '-r', '/nonexistent.sock', '-o', '/nonexistent/cri.gz'], /does not exist.*critrace agent/s],
  ];
  for (const [args, message] of cases) {
    it(`critrace ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await critrace(args);
      assert.match(stderr, message);
      assert.equal(code, 3);
      assert.equal(stdout, '');
    });
  }
});

describe('standard output on a disk without room ends with 3 and says so', () => {
  for (const args of [['replay', small], ['replay', small, '-o', 'json'], ['stats', small], ['--help']]) {
    it(`critrace ${args.join(' ')}`, () => {
      const full = openSync('/dev/full', 'w');
      const [program, ...rest] = critraceCommand(args);
      const { status, stderr } = spawnSync(program, rest, { stdio: ['ignore', full, 'pipe'] });
      closeSync(full);
      assert.match(stderr.toString(), /^error: standard output cannot be written: ENOSPC.*\n.*room\n$/);
      assert.equal(status, 3);
    });
  }
});

describe('help', () => {
  for (const entry of commands) {
    it(`critrace ${entry.name} --help has examples, on stdout, and ends with 0`, async () => {
      const { code, stdout, stderr } = await critrace([entry.name, '--help']);
      assert.equal(code, 0);
      assert.equal(stderr, '');
      assert.match(stdout, new RegExp(`^(?:[^\n]*\n\n)?Usage: critrace ${entry.name}`));
      assert.match(stdout, /\nExamples:\n {2}\S/);
      assert.ok(stdout.includes(entry.summary));
    });
  }
  it('of the agent names every option of the table with its variable and default', async () => {
    const help = (await critrace(['agent', '--help'])).stdout.replaceAll(/\s+/g, ' ');
    for (const name of optionsOfGroups(['source', 'identity', 'otlp', 'store', 'agent'])) {
      const { defaultText } = optionOf(name);
      const variable = `CRITRACE_${name.toUpperCase().replaceAll('-', '_')}`;
      assert.ok(help.includes(`--${name} <`), name);
      assert.ok(help.includes(`(default: ${defaultText}; env: ${variable})`), `${name}: ${defaultText}`);
    }
  });
  it('of the whole names every command', async () => {
    const { stdout } = await critrace(['--help']);
    for (const { name, summary } of commands) assert.ok(stdout.includes(summary), name);
  });
});

describe('completion', () => {
  const parsers = { bash: ['bash', '-n'], zsh: ['zsh', '-n'], fish: ['fish', '--no-execute'] } as const;
  for (const [shell, [program, flag]] of Object.entries(parsers)) {
    it(`for ${shell} offers every command and choices, and is valid where the shell is there to say so`, async (t) => {
      const { code, stdout } = await critrace(['completion', shell]);
      assert.equal(code, 0);
      for (const { name } of commands) assert.match(stdout, new RegExp(`\\b${name}\\b`));
      assert.match(stdout, /compact json otlp/);
      // From a file: fish does not read a script from a socket, which is what `input` is.
      const script = join(await temporaryFolder(t), 'completion');
      writeFileSync(script, stdout);
      const parsed = spawnSync(program, [flag, script]);
      if (parsed.error === undefined) assert.equal(parsed.status, 0, String(parsed.stderr));
      else assert.match(String(parsed.error), /ENOENT/);
    });
  }
  it('in bash completes commands, flags and their values', async () => {
    const { stdout } = await critrace(['completion', 'bash']);
    const complete = (...words: string[]): string[] => {
      const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _critrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return spawnSync('bash', ['-c', script]).stdout.toString().trim().split('\n');
    };
    assert.deepEqual(complete('critrace', 'rep'), ['replay']);
    assert.deepEqual(complete('critrace', 'replay', 'x', '--min'), ['--min-duration']);
    assert.deepEqual(complete('critrace', 'replay', 'x', '-o', 'j'), ['json']);
    assert.deepEqual(complete('critrace', 'replay', 'x', '--status', 'UNI'), ['UNIMPLEMENTED']);
    assert.deepEqual(complete('critrace', 'config', 'print', '--sourc'), ['--source']);
  });
});

it('version: a line, or JSON, however it is asked for', async () => {
  const line = /^critrace \d+\.\d+\.\d+ \(capture format 1, Node .*\)\n$/;
  for (const args of [['version'], ['--version'], ['-V']]) assert.match((await critrace(args)).stdout, line);
  assert.match(JSON.parse((await critrace(['version', '-o', 'json'])).stdout).version, /^\d+\./);
});

it('config print: the effective configuration with where each value came from', async () => {
  const { code, stdout, stderr } = await critrace(['config', 'print', '--listen', '/l.sock'], {
    env: { CRITRACE_STORE_DIR: '/s', CRITRACE_STROE_DIR: '/x' },
  });
  assert.equal(code, 0);
  assert.match(stdout, /^listen: \/l\.sock +# --listen$/m);
  assert.match(stdout, /^store-dir: \/s +# env CRITRACE_STORE_DIR$/m);
  assert.match(stdout, /^source: auto +# default$/m);
  assert.equal(
    stderr,
    'critrace: warning: environment variable CRITRACE_STROE_DIR means nothing to critrace; did you mean CRITRACE_STORE_DIR?\n',
  );
});
