import type { ResolvedConfig } from '../config/resolve.ts';
import { type CommandContext, environmentError } from './command.ts';
import { planLive } from './live.ts';
import { textLog } from './messages.ts';

export const runRecord = async (
  request: { resolved: ResolvedConfig; file: string },
  context: CommandContext,
): Promise<void> => {
  planLive(request.resolved.config, textLog(context.stderr));
  throw environmentError('not wired', 'wait');
};
