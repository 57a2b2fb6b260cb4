import { Argument, type Command } from 'commander';
import { type CommandContext, type CommandModule, withExamples } from './command.ts';
import { commands } from './commands.ts';
import { filterValues } from './filter-values.ts';

/** What can be typed: made from the command tree, so that completion never knows other options than the parser. */
interface Words {
  readonly command: string;
  readonly summary: string;
  readonly flags: readonly {
    readonly names: readonly string[];
    readonly takesValue: boolean;
    readonly doc: string;
    readonly choices: readonly string[];
  }[];
  /** Sub-commands and the choices of arguments. */
  readonly nouns: readonly string[];
  /** An argument is a file. */
  readonly files: boolean;
}

const firstSentence = (text: string): string => (/^[^(:;.]*/.exec(text)?.[0] ?? '').trim();

const wordsOf = (command: Command): Words => ({
  command: command.name(),
  summary: command.summary() || command.description(),
  flags: [
    ...command.options,
    ...command.commands.flatMap((sub) => sub.options),
    command.createOption('-h, --help', 'show help'),
  ].map((option) => ({
    names: [option.short, option.long].filter((name): name is string => name != null),
    takesValue: option.required || option.optional,
    doc: firstSentence(option.description),
    choices: option.argChoices ?? filterValues[option.long ?? ''] ?? [],
  })),
  nouns: [
    ...command.commands.map((sub) => sub.name()),
    ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
  ],
  files: command.registeredArguments.some((argument) => argument.argChoices === undefined),
});

const bashScript = (tree: readonly Words[]): string => {
  const cases = tree.map(({ command, flags, nouns, files }) => {
    const names = flags.flatMap((flag) => flag.names);
    const values = flags
      .filter((flag) => flag.takesValue)
      .map((flag) => {
        const reply =
          flag.choices.length > 0
            ? `COMPREPLY=($(compgen -W '${flag.choices.join(' ')}' -- "$word"))`
            : 'COMPREPLY=($(compgen -f -- "$word"))';
        return `        ${flag.names.join('|')}) ${reply}; return ;;`;
      });
    const valueCase =
      values.length === 0 ? '' : `      case "$before" in\n${values.join('\n')}\n      esac\n`;
    return `    ${command})
${valueCase}      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W '${names.join(' ')}' -- "$word"))
      else COMPREPLY=($(compgen -W '${nouns.join(' ')}' -- "$word")${files ? ' $(compgen -f -- "$word")' : ''}); fi ;;`;
  });
  return `# bash completion for critrace:  source <(critrace completion bash)
_critrace() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W '${tree.map(({ command }) => command).join(' ')} --help --version' -- "$word"))
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
}
complete -o filenames -F _critrace critrace
`;
};

const zshQuoted = (text: string): string =>
  text
    .replace(/[[\]:'\\]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const zshScript = (tree: readonly Words[]): string => {
  const cases = tree.map(({ command, flags, nouns, files }) => {
    const specs = flags.flatMap(({ names, takesValue, doc, choices }) => {
      const action = choices.length > 0 ? `(${choices.join(' ')})` : '_files';
      return names.map((name) => `'*${name}[${zshQuoted(doc)}]${takesValue ? `:value:${action}` : ''}'`);
    });
    if (nouns.length > 0) specs.push(`'1:what:(${nouns.join(' ')})'`);
    else if (files) specs.push("'*:file:_files'");
    return `    ${command}) _arguments ${specs.join(' ')} ;;`;
  });
  const names = tree.map(({ command, summary }) => `'${command}:${zshQuoted(summary)}'`);
  return `#compdef critrace
# zsh completion for critrace:  source <(critrace completion zsh)
_critrace() {
  local -a commands
  commands=(${names.join(' ')})
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words; (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _critrace "$@"; else compdef _critrace critrace; fi
`;
};

const fishQuoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const fishScript = (tree: readonly Words[]): string => {
  const lines = [
    '# fish completion for critrace:  critrace completion fish | source',
    'complete -c critrace -f',
  ];
  for (const { command, summary, flags, nouns, files } of tree) {
    lines.push(`complete -c critrace -n __fish_use_subcommand -a ${command} -d ${fishQuoted(summary)}`);
    const condition = fishQuoted(`__fish_seen_subcommand_from ${command}`);
    for (const { names, takesValue, doc, choices } of flags) {
      const spelled = names.map((name) =>
        name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      );
      const value =
        choices.length > 0 ? ` -x -a ${fishQuoted(choices.join(' '))}` : takesValue ? ' -r -F' : '';
      lines.push(`complete -c critrace -n ${condition} ${spelled.join(' ')}${value} -d ${fishQuoted(doc)}`);
    }
    if (nouns.length > 0)
      lines.push(`complete -c critrace -n ${condition} -a ${fishQuoted(nouns.join(' '))}`);
    if (files) lines.push(`complete -c critrace -n ${condition} -F`);
  }
  return `${lines.join('\n')}\n`;
};

const scripts: Readonly<Record<string, (tree: readonly Words[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

const define = (command: Command, context: CommandContext): void => {
  const shell = new Argument('<shell>', 'which shell').choices(Object.keys(scripts));
  command.addArgument(shell).action(async (name: string) => {
    const tree: Words[] = [];
    for (const entry of commands) {
      const each = command.createCommand(entry.name).summary(entry.summary);
      (await entry.load()).define(each, context);
      tree.push(wordsOf(each));
    }
    context.stdout.write(scripts[name]?.(tree) ?? '');
  });
  withExamples(command, [
    ['source <(critrace completion bash)', 'for this shell'],
    ['critrace completion fish > ~/.config/fish/completions/critrace.fish', 'for good'],
  ]);
};

export const completionCommand: CommandModule = { define };
