import ts from 'typescript';

/** One file of the project: `path` from the top with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface Breach {
  readonly path: string;
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly what: string;
}

export interface Rule {
  /** The rule as a sentence: the test's name. */
  readonly says: string;
  covers(path: string): boolean;
  breaches(source: Source): readonly Breach[];
  /** What must be found, and what must not: a rule that cannot fail proves nothing. */
  readonly examples: { readonly bad: readonly Source[]; readonly good: readonly Source[] };
}

export const example = (path: string, text: string): Source => ({ path, text });

export const inSource = (path: string): boolean => path.startsWith('src/');
export const inCode = (path: string): boolean => /^(src|test|bench|build|dashboards)\/.*\.tsx?$/.test(path);
export const outsideTests = (path: string): boolean => inCode(path) && !path.startsWith('test/');

const parsed = new WeakMap<Source, ts.SourceFile>();

/** Every rule looks at the same tree. */
const parse = (source: Source): ts.SourceFile => {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const kind = source.path.endsWith('.tsx') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.Latest, true, kind);
  parsed.set(source, file);
  return file;
};

const lineOf = (file: ts.SourceFile, node: ts.Node): number =>
  file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;

/** A breach for every node for which `what` has something to say. */
export const breachesOf = (
  source: Source,
  what: (node: ts.Node, file: ts.SourceFile) => string | null,
): readonly Breach[] => {
  const file = parse(source);
  const found: Breach[] = [];
  const visit = (node: ts.Node): void => {
    const said = what(node, file);
    if (said !== null) found.push({ path: source.path, line: lineOf(file, node), what: said });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
};

export interface Import {
  readonly specifier: string;
  readonly names: readonly string[];
  /** Erased by the compiler: only types come in. */
  readonly typeOnly: boolean;
  /** Loaded when the code gets there, not before its file runs. */
  readonly lazy: boolean;
}

const bindingsOf = (clause: ts.ImportClause): readonly string[] => {
  const names = clause.name === undefined ? [] : ['default'];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return names;
  if (ts.isNamespaceImport(bindings)) return [...names, '*'];
  return [...names, ...bindings.elements.map((element) => (element.propertyName ?? element.name).text)];
};

const allTypes = (clause: ts.ImportClause): boolean => {
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || ts.isNamespaceImport(bindings)) return false;
  return bindings.elements.every((element) => element.isTypeOnly);
};

/** What a node imports: a declaration, a re-export, `import()` as expression or as type, `require()`. */
export const importOf = (node: ts.Node): Import | null => {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const clause = node.importClause;
    return {
      specifier: node.moduleSpecifier.text,
      names: clause === undefined ? [] : bindingsOf(clause),
      typeOnly: clause !== undefined && allTypes(clause),
      lazy: false,
    };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, names: ['*'], typeOnly: node.isTypeOnly, lazy: false };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const literal = node.argument.literal;
    return ts.isStringLiteral(literal)
      ? { specifier: literal.text, names: ['*'], typeOnly: true, lazy: false }
      : null;
  }
  if (!ts.isCallExpression(node)) return null;
  const called = node.expression;
  // createRequire(import.meta.url)('name') is a call whose callee is a call.
  const loads =
    called.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(called) && called.text === 'require') ||
    (ts.isCallExpression(called) &&
      ts.isIdentifier(called.expression) &&
      called.expression.text === 'createRequire');
  const argument = node.arguments[0];
  return loads && argument !== undefined && ts.isStringLiteral(argument)
    ? { specifier: argument.text, names: ['*'], typeOnly: false, lazy: true }
    : null;
};

/** `process.exit` for an access written so, or as `process['exit']`; else null. */
export const accessOf = (node: ts.Node): string | null => {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    return `${node.expression.text}.${node.name.text}`;
  }
  if (
    ts.isElementAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    ts.isStringLiteral(node.argumentExpression)
  ) {
    return `${node.expression.text}.${node.argumentExpression.text}`;
  }
  return null;
};
