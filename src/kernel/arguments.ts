import { scrubText } from '../foundation/scrub.ts';
import { isSecretName } from '../foundation/secret.ts';

/** `--registry-token`, whose value is the next argument. */
const isSecretFlag = (argument: string | undefined): boolean =>
  argument !== undefined && /^--?[A-Za-z][\w.-]*$/.test(argument) && isSecretName(argument);

/** A long path has an id or two in it: as one word it may look like a random one. */
const scrubArgument = (argument: string): string =>
  argument.startsWith('/') ? argument.split('/').map(scrubText).join('/') : scrubText(argument);

/** Arguments of a program without what looks like a secret. */
export const scrubArguments = (argv: readonly string[]): string[] =>
  argv.map((argument, at) =>
    isSecretFlag(argv[at - 1]) && !argument.startsWith('-') ? '[redacted]' : scrubArgument(argument),
  );
