import type { ResolvedConfig } from '../config/resolve.ts';
import { examine } from '../doctor/examine.ts';
import { exitCodeOf } from '../doctor/report.ts';
import { doctorJson } from '../doctor/report-json.ts';
import { doctorText } from '../doctor/report-text.ts';
import { systemClock } from '../foundation/clock.ts';
import { loadNative } from '../kernel/native.ts';
import type { CommandContext } from './command.ts';
import { textLog } from './messages.ts';

export const runDoctor = async (
  resolved: ResolvedConfig,
  json: boolean,
  context: CommandContext,
): Promise<void> => {
  const log = textLog(context.stderr);
  for (const warning of resolved.warnings) log('warn', warning);
  const report = await examine({ resolved, native: loadNative(), clock: systemClock() });
  if (context.signal.aborted) return;
  context.stdout.write(json ? `${JSON.stringify(doctorJson(report))}\n` : doctorText(report));
  context.exitWith(exitCodeOf(report));
};
