import ts from 'typescript';
import { accessOf, breachesOf, example, importOf, inSource, type Rule } from './rule.ts';

// Each way out of pure code has one place.

const covers = (path: string): boolean => inSource(path) && /\.tsx?$/.test(path);

const nativeDoor = 'src/kernel/native.ts';
const nativePackages = /^(ffi-napi|ref-napi|@2060\.io\/.*|node:module|module)$|\.node$/;

const nativeRule: Rule = {
  says: `only ${nativeDoor} loads native code`,
  covers: (path) => covers(path) && path !== nativeDoor,
  breaches: (source) =>
    breachesOf(source, (node) => {
      const found = importOf(node);
      if (found !== null && nativePackages.test(found.specifier)) return `loads ${found.specifier}`;
      return accessOf(node) === 'process.dlopen' ? 'process.dlopen' : null;
    }),
  examples: {
    bad: [
      example('src/source/proxy.ts', "import ffi from 'ffi-napi';"),
      example('src/source/proxy.ts', "const ref = await import('@2060.io/ref-napi');"),
      example('src/source/proxy.ts', "import { createRequire } from 'node:module';"),
      example('src/kernel/tap.ts', "process.dlopen(module, './x.node');"),
    ],
    good: [example('src/source/proxy.ts', "import { loadNative } from '../kernel/native.ts';")],
  },
};

const clockDoor = 'src/foundation/clock.ts';
const clocks = new Set(['Date.now', 'performance.now', 'performance.timeOrigin', 'process.hrtime']);
const clockModules = /^(node:)?(perf_hooks|process)$/;

const clockRule: Rule = {
  says: `only ${clockDoor} reads a clock`,
  covers: (path) => covers(path) && path !== clockDoor,
  breaches: (source) =>
    breachesOf(source, (node) => {
      const access = accessOf(node);
      if (access !== null && clocks.has(access)) return access;
      const found = importOf(node);
      if (found !== null && clockModules.test(found.specifier)) {
        return found.names.some((name) => /^(performance|hrtime|\*|default)$/.test(name))
          ? `a clock of ${found.specifier}`
          : null;
      }
      if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return null;
      if (!ts.isIdentifier(node.expression) || node.expression.text !== 'Date') return null;
      return ts.isCallExpression(node) || !node.arguments?.length ? 'Date of now' : null;
    }),
  examples: {
    bad: [
      example('src/calls/call.ts', 'const at = Date.now();'),
      example('src/calls/call.ts', 'const at = new Date();'),
      example('src/calls/call.ts', 'const at = new Date;'),
      example('src/calls/call.ts', 'const at = Date();'),
      example('src/calls/call.ts', 'const now = Date.now;'),
      example('src/calls/call.ts', 'const at = process.hrtime.bigint();'),
      example('src/calls/call.ts', "const at = performance['now']();"),
      example('src/calls/call.ts', "import { performance as p } from 'node:perf_hooks';"),
      example('src/calls/call.ts', "import { hrtime } from 'node:process';"),
    ],
    good: [
      example('src/calls/call.ts', 'const text = new Date(milliseconds).toISOString();'),
      example('src/calls/call.ts', 'const at = clock.now();'),
      example('src/calls/call.ts', "import { createHistogram } from 'node:perf_hooks';"),
      example('src/calls/call.ts', 'setTimeout(flush, 1000);'),
    ],
  },
};

const exits = new Set(['process.exit', 'process.exitCode', 'process.abort', 'process.reallyExit']);

const exitRule: Rule = {
  says: 'only the command line exits the process',
  covers: (path) => covers(path) && !path.startsWith('src/cli/'),
  breaches: (source) =>
    breachesOf(source, (node) => {
      const access = accessOf(node);
      if (access !== null && exits.has(access)) return access;
      const found = importOf(node);
      if (found === null || !/^(node:)?process$/.test(found.specifier)) return null;
      return found.names.some((name) => /^(exit|abort|\*|default)$/.test(name)) ? 'imports an exit' : null;
    }),
  examples: {
    bad: [
      example('src/agent.ts', 'process.exit(1);'),
      example('src/demo/pod.ts', 'process.exitCode = 1;'),
      example('src/agent.ts', "import { exit } from 'node:process';"),
    ],
    good: [
      example('src/agent.ts', "process.once('SIGTERM', stop);"),
      example('src/agent.ts', 'return { exit: 1 };'),
    ],
  },
};

export const doorRules: readonly Rule[] = [nativeRule, clockRule, exitRule];
