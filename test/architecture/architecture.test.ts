import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { doorRules } from './doors.ts';
import { fileRules } from './files.ts';
import { languageRules } from './language.ts';
import { cyclesOf, dependencyRule, layers } from './layers.ts';
import { type Breach, example, inSource, type Rule, type Source } from './rule.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));

/** Neither ours to judge nor text. */
const left = new Set(['node_modules', '.git', '.cache', 'dist', 'build', 'fixtures']);
const isText = /\.(ts|js|json|c|h|md|ya?ml|proto|sh)$|(^|\/)(Makefile|Dockerfile)$|^\.ci\/|^test\/run$/;

const readTree = (folder = ''): Source[] =>
  readdirSync(join(top, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return left.has(entry.name) ? [] : readTree(path);
    return entry.isFile() && isText.test(path) ? [{ path, text: readFileSync(join(top, path), 'utf8') }] : [];
  });

const tree = readTree();
const rules: readonly Rule[] = [dependencyRule, ...doorRules, ...languageRules, ...fileRules];

const described = (breaches: readonly Breach[]): string =>
  breaches.map(({ path, line, what }) => `${path}:${line}: ${what}`).join('\n');

describe('the rules can fail', () => {
  for (const rule of rules) {
    it(rule.says, () => {
      for (const bad of rule.examples.bad) {
        assert.ok(rule.covers(bad.path), `${bad.path} is not covered`);
        assert.notDeepEqual(rule.breaches(bad), [], `not found: ${bad.path}: ${bad.text}`);
      }
      for (const good of rule.examples.good) {
        assert.ok(rule.covers(good.path), `${good.path} is not covered`);
        assert.equal(described(rule.breaches(good)), '', `${good.path}: ${good.text}`);
      }
      assert.ok(rule.examples.bad.length > 0 && rule.examples.good.length > 0);
    });
  }

  it('a cycle is found', () => {
    const ring = [
      example('src/a.ts', "import { b } from './b.ts';"),
      example('src/b.ts', "import { c } from './c/c.ts';"),
      example('src/c/c.ts', "import { a } from '../a.ts';"),
    ];
    assert.deepEqual(cyclesOf(ring), ['src/a.ts -> src/b.ts -> src/c/c.ts -> src/a.ts']);
    for (const last of ["import type { A } from '../a.ts';", "const a = () => import('../a.ts');"]) {
      assert.deepEqual(cyclesOf([...ring.slice(0, 2), example('src/c/c.ts', last)]), []);
    }
  });
});

describe('the tree keeps the rules', () => {
  for (const rule of rules) {
    it(rule.says, () => {
      const covered = tree.filter((source) => rule.covers(source.path));
      assert.ok(covered.length > 0, 'the rule covers no file');
      const breaches = covered.flatMap((source) => rule.breaches(source));
      assert.ok(breaches.length === 0, `\n${described(breaches)}`);
    });
  }

  it('no file imports itself by way of others', () => {
    assert.deepEqual(cyclesOf(tree.filter(({ path }) => inSource(path) && /\.tsx?$/.test(path))), []);
  });

  it('the table of layers has no cycle', () => {
    const order = Object.keys(layers);
    const allowed = (from: string): readonly string[] =>
      (layers[from] ?? []).map((name) => name.replace('type ', ''));
    const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
      allowed(from).some((next) => {
        if (next === to) return true;
        if (seen.has(next)) return false;
        seen.add(next);
        return reaches(next, to, seen);
      });
    assert.deepEqual(
      order.filter((layer) => reaches(layer, layer)),
      [],
    );
  });
});
