import type { ResolvedConfig } from '../config/resolve.ts';
import { loadSchema } from '../cri/schema.ts';
import { systemClock } from '../foundation/clock.ts';
import { createHealth, healthLine } from '../health.ts';
import { createCriRewriter } from '../record/redact/cri-rewriter.ts';
import { createRedactor } from '../record/redact/redactor.ts';
import { CaptureError } from '../source/capture/error.ts';
import { type CaptureWriter, createCaptureWriter } from '../source/capture/writer.ts';
import { type CommandContext, environmentError, usageError } from './command.ts';
import { textLog } from './messages.ts';
import { captureInput, liveInput, type RecordInput } from './record-input.ts';
import { packageVersion } from './version.ts';

export interface RecordRequest {
  readonly resolved: ResolvedConfig;
  /** A capture that is there already, `-` for standard input; null: the sockets of this machine. */
  readonly from: string | null;
  readonly file: string;
  readonly force: boolean;
  readonly rotateBytes: number | null;
  readonly keepFiles: number | null;
  readonly redact: boolean;
  readonly note: string | null;
}

/** What the user can do about a capture that cannot be read or written. */
const capturing = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    if (error.code === 'exists') throw usageError(error.message, '--output other.jsonl.gz, or --force');
    if (error.code !== 'write')
      throw usageError(error.message, 'critrace record --from cri.jsonl.gz --redact -o redacted.jsonl.gz');
    throw environmentError(error.message, 'choose a folder with room that this user may write to');
  }
};

export const runRecord = async (request: RecordRequest, context: CommandContext): Promise<void> => {
  const { resolved, from, file, force, rotateBytes, keepFiles, redact } = request;
  const log = textLog(context.stderr);
  for (const warning of resolved.warnings) log('warn', warning);
  if (keepFiles !== null && rotateBytes === null) {
    throw usageError('--keep means nothing without --rotate-size', '--rotate-size 64MiB --keep 4');
  }
  const clock = systemClock();
  const input: RecordInput =
    from === null ? liveInput(resolved, clock, log) : await capturing(() => captureInput(from, clock));
  const writer: CaptureWriter = await capturing(() =>
    createCaptureWriter({
      path: file,
      force,
      socket: input.socket,
      note: request.note ?? input.note,
      writer: `critrace ${packageVersion()}`,
      started: clock.now(),
      rotateBytes,
      keepFiles,
      fields: { redacted: redact || input.redacted },
    }),
  );
  const { source, name, counters, warning, close } = await input.open().catch(async (error) => {
    await writer.close();
    throw error;
  });
  const health = createHealth();
  health.add(name, counters);
  health.add('capture', writer.counters);
  const showHealth = (): void => log('info', healthLine(health.snapshot()));
  const unwatch = context.onStatusRequest(showHealth);
  const stop = () => void source.stop();
  context.signal.addEventListener('abort', stop, { once: true });
  if (context.signal.aborted) stop();
  const redactor = redact ? createRedactor({ rewriterOf: createCriRewriter(loadSchema()) }) : null;
  if (redactor !== null) health.add('redact', redactor.counters);
  log(
    'info',
    `recording to ${file}; ${redact || input.redacted ? 'secret values are overwritten' : 'it holds whole messages, secrets too'}`,
  );
  try {
    await capturing(async () => {
      for await (const batch of source.events()) {
        await writer.write(redactor === null ? batch : batch.flatMap((event) => redactor.push(event)));
      }
      if (redactor !== null) await writer.write(redactor.finish());
    });
  } finally {
    await capturing(() => writer.close());
    await close();
    unwatch();
    showHealth();
    const unread = warning();
    if (unread !== null) log('warn', `${from}: ${unread}`);
  }
};
