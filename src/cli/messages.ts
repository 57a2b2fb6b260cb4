/** What a command says to the person at the terminal, on stderr: stdout carries data only. */
export interface Messages {
  info(text: string): void;
  warn(text: string): void;
}

export const createMessages = (stderr: NodeJS.WriteStream): Messages => ({
  info: (text) => void stderr.write(`critrace: ${text}\n`),
  warn: (text) => void stderr.write(`critrace: warning: ${text}\n`),
});
