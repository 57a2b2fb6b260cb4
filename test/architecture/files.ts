import { type Breach, example, inCode, type Rule, type Source } from './rule.ts';

const maxLines = 400;

const sizeRule: Rule = {
  says: `no file is longer than ${maxLines} lines`,
  covers: (path) => inCode(path) || /^native\/.*\.[ch]$/.test(path),
  breaches: ({ path, text }) => {
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    return lines > maxLines ? [{ path, line: 0, what: `${lines} lines` }] : [];
  },
  examples: {
    bad: [
      example('src/a.ts', '\n'.repeat(maxLines + 1)),
      example('native/src/a.c', `${'\n'.repeat(maxLines)}x`),
    ],
    good: [example('src/a.ts', '\n'.repeat(maxLines))],
  },
};

const junkNames = /^(utils?|common|shared|helpers?|misc|types?|constants?|interfaces?|index)$/;

const nameRule: Rule = {
  says: 'a file and a folder are named by what they hold',
  covers: inCode,
  breaches: ({ path }) => {
    const parts = path.split('/').map((part) => part.replace(/(\.test)?\.tsx?$/, ''));
    const junk = parts.find((part) => junkNames.test(part));
    return junk === undefined ? [] : [{ path, line: 0, what: `${junk} names no content` }];
  },
  examples: {
    bad: [example('src/http2/util.ts', ''), example('src/common/time.ts', ''), example('src/index.ts', '')],
    good: [example('src/config/value-types.ts', ''), example('src/http2/frame.ts', '')],
  },
};

const byLine = ({ path, text }: Source, what: (line: string) => string | null): readonly Breach[] =>
  text.split('\n').flatMap((content, index) => {
    const said = what(content);
    return said === null ? [] : [{ path, line: index + 1, what: said }];
  });

// In pieces, so that this file does not name them either.
const foreign = new RegExp(
  [
    String.raw`(^|[\s"'\`(=])/(work|root|home/\w+)/`,
    String.raw`https?://[^\s/]*(npmjs|pypi|artifactory)`,
  ].join('|'),
);
const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);

const placeRule: Rule = {
  says: 'nothing names a path or a registry of the machine it was written on, nor work left undone',
  covers: (path) => !path.startsWith('test/fixtures/'),
  breaches: (source) =>
    byLine(source, (line) => foreign.exec(line)?.[0].trim() ?? unfinished.exec(line)?.[0] ?? null),
  examples: {
    bad: [
      example('docs/a.md', 'see `/wo' + 'rk/main/src`'),
      example('README.md', 'from ht' + 'tps://registry.npm' + 'js.org/x'),
      example('src/a.ts', `// TO${''}DO: later`),
    ],
    good: [
      example('docs/a.md', 'the image registry.k8s.io/pause:3.9, /run/containerd/containerd.sock'),
      example('docs/a.md', 'at ./work/x and https://example.com/'),
    ],
  },
};

const lockRule: Rule = {
  says: 'the lock file names no host to download from',
  covers: (path) => path === 'package-lock.json',
  breaches: (source) => byLine(source, (line) => (/"resolved":\s*"https?:/.test(line) ? line.trim() : null)),
  examples: {
    bad: [example('package-lock.json', '"resolved": "https://example.com/a.tgz"')],
    good: [example('package-lock.json', '"integrity": "sha512-x"')],
  },
};

const selectedTest = /\b(it|test|describe|suite)\.(only|skip|todo)\b|\b(skip|only|todo):\s*(true|['"`])/;

const selectionRule: Rule = {
  says: 'every test runs',
  covers: (path) => path.endsWith('.test.ts'),
  breaches: (source) => byLine(source, (line) => selectedTest.exec(line)?.[0] ?? null),
  examples: {
    bad: [
      example('test/a.test.ts', `it.${'skip'}('x', () => {});`),
      example('test/a.test.ts', `it('x', { ${'only'}: true }, () => {});`),
    ],
    good: [example('test/a.test.ts', "it('skips what it does not know', () => {});")],
  },
};

export const fileRules: readonly Rule[] = [sizeRule, nameRule, placeRule, lockRule, selectionRule];
