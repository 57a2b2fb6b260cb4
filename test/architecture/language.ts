import ts from 'typescript';
import { breachesOf, example, importOf, inCode, inSource, outsideTests, type Rule } from './rule.ts';

const isTypeScript = (path: string): boolean => /\.tsx?$/.test(path);

const anyRule: Rule = {
  says: 'no type is any',
  covers: outsideTests,
  breaches: (source) => breachesOf(source, (node) => (node.kind === ts.SyntaxKind.AnyKeyword ? 'any' : null)),
  examples: {
    bad: [
      example('src/a.ts', 'let x: any;'),
      example('src/a.ts', 'const f = (x: any[]) => x;'),
      example('src/a.ts', 'const x = JSON.parse(t) as any;'),
    ],
    good: [example('src/a.ts', "const any = 'any'; // any")],
  },
};

const isAssertion = (node: ts.Node): node is ts.AsExpression | ts.TypeAssertion =>
  ts.isAsExpression(node) || ts.isTypeAssertionExpression(node);

const assertionRule: Rule = {
  says: 'nothing silences the compiler: no cast by way of unknown, no non-null assertion, no directive',
  covers: outsideTests,
  breaches: (source) => [
    ...breachesOf(source, (node, file) => {
      if (ts.isNonNullExpression(node)) return `${node.getText(file)}`;
      if ((ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)) && node.exclamationToken) {
        return `${node.name.getText(file)}!: definitely assigned`;
      }
      if (!isAssertion(node)) return null;
      const inner = ts.isParenthesizedExpression(node.expression)
        ? node.expression.expression
        : node.expression;
      return isAssertion(inner) && inner.type.kind === ts.SyntaxKind.UnknownKeyword ? 'as unknown as' : null;
    }),
    ...source.text.split('\n').flatMap((line, index) => {
      const directive = /(\/\/|\/\*)\s*@ts-(ignore|expect-error|nocheck)/.exec(line);
      return directive === null ? [] : [{ path: source.path, line: index + 1, what: directive[0] }];
    }),
  ],
  examples: {
    bad: [
      example('src/a.ts', 'const x = y as unknown as Frame;'),
      example('src/a.ts', 'const x = (y as unknown) as Frame;'),
      example('src/a.ts', 'const x = list[0]!;'),
      example('src/a.ts', 'let x!: number;'),
      example('src/a.ts', `// @ts-${'ignore'}\nconst x = 1;`),
    ],
    good: [
      example('src/a.ts', 'const x = y as unknown; const z = [1] as const; if (!x) y();'),
      example('src/a.ts', 'const x = list[0] !== undefined;'),
    ],
  },
};

const defaultExportRule: Rule = {
  says: 'no default exports',
  covers: inCode,
  breaches: (source) =>
    breachesOf(source, (node) => {
      if (ts.isExportAssignment(node)) return 'export default';
      if (ts.isExportSpecifier(node) && node.name.text === 'default') return 'exported as default';
      return node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent)
        ? 'export default'
        : null;
    }),
  examples: {
    bad: [
      example('src/a.ts', 'export default 1;'),
      example('src/a.ts', 'export default function f() {}'),
      example('src/a.ts', 'const a = 1; export { a as default };'),
    ],
    good: [example('src/a.ts', 'export const a = (x: 1) => { switch (x) { default: return x; } };')],
  },
};

const importExtensionRule: Rule = {
  says: 'a relative import names the file, with its ending',
  covers: inCode,
  breaches: (source) =>
    breachesOf(source, (node) => {
      const found = importOf(node);
      return found?.specifier.startsWith('.') && !isTypeScript(found.specifier) ? found.specifier : null;
    }),
  examples: {
    bad: [
      example('src/a.ts', "import { b } from './b';"),
      example('src/a.ts', "import { b } from './b.js';"),
      example('src/a.ts', "import type { b } from '.';"),
    ],
    good: [example('src/a.ts', "import { b } from './b.ts'; import 'pino';")],
  },
};

const barrelRule: Rule = {
  says: 'a name is imported from the file that makes it: no re-exports',
  covers: inSource,
  breaches: (source) =>
    breachesOf(source, (node) =>
      ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined ? 're-export' : null,
    ),
  examples: {
    bad: [
      example('src/a.ts', "export * from './b.ts';"),
      example('src/a.ts', "export type { B } from './b.ts';"),
    ],
    good: [example('src/a.ts', "import type { B } from './b.ts'; const c = 1; export { c };")],
  },
};

const moduleStateRule: Rule = {
  says: 'a module has no variable state: two of anything can live in one process',
  covers: inSource,
  breaches: (source) =>
    breachesOf(source, (node) => {
      if (!ts.isVariableStatement(node) || !ts.isSourceFile(node.parent)) return null;
      return node.declarationList.flags & ts.NodeFlags.Const ? null : 'a variable of the module';
    }),
  examples: {
    bad: [example('src/a.ts', 'let calls = 0;'), example('src/a.ts', 'export var calls = 0;')],
    good: [example('src/a.ts', 'const limit = 1; export const f = () => { let n = 0; return n; };')],
  },
};

const hierarchyRule: Rule = {
  says: 'no class hierarchies but errors, no emitters of our own',
  covers: inSource,
  breaches: (source) =>
    breachesOf(source, (node, file) => {
      const found = importOf(node);
      if (found !== null && /^(node:)?events$/.test(found.specifier)) {
        return found.names.some((name) => /^(EventEmitter|default|\*)$/.test(name)) ? 'an emitter' : null;
      }
      if (!ts.isHeritageClause(node) || node.token !== ts.SyntaxKind.ExtendsKeyword) return null;
      if (!ts.isClassLike(node.parent)) return null;
      const base = node.types[0]?.expression.getText(file) ?? '';
      return base.endsWith('Error') ? null : `extends ${base}`;
    }),
  examples: {
    bad: [
      example('src/a.ts', 'class Tap extends Source {}'),
      example('src/a.ts', "import { EventEmitter } from 'node:events';"),
    ],
    good: [
      example('src/a.ts', 'class CliError extends Error {} interface A extends B {}'),
      example('src/a.ts', "import { once } from 'node:events';"),
    ],
  },
};

export const languageRules: readonly Rule[] = [
  anyRule,
  assertionRule,
  defaultExportRule,
  importExtensionRule,
  barrelRule,
  moduleStateRule,
  hierarchyRule,
];
