import { scrubText } from './scrub.ts';
import { isSecretName } from './secret.ts';

/** `--registry-token`, whose value is the next argument. */
const isSecretFlag = (argument: string | undefined): boolean =>
  argument !== undefined && /^--?[A-Za-z][\w.-]*$/.test(argument) && isSecretName(argument);

/** Words in which `scrubText` finds nothing, known without asking it: most of a runtime's arguments, and ids. */
const plain = /^(?:[A-Za-z0-9._-]{0,15}|[0-9a-f]{64})$/;

const scrubWord = (word: string): string => (plain.test(word) ? word : scrubText(word));

/** A long path has an id or two in it: as one word it may look like a random one. */
export const scrubArgument = (argument: string): string =>
  argument.startsWith('/') ? argument.split('/').map(scrubWord).join('/') : scrubWord(argument);

/** Arguments of a program without what looks like a secret. */
export const scrubArguments = (argv: readonly string[]): string[] =>
  argv.map((argument, at) =>
    isSecretFlag(argv[at - 1]) && !argument.startsWith('-') ? '[redacted]' : scrubArgument(argument),
  );
