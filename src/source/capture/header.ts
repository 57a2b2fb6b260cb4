import { CaptureError } from './error.ts';
import { asObject } from './json.ts';

/** The only format there is so far; docs/reference says what would make a second one. */
export const captureVersion = 1;

export interface CaptureHeader {
  readonly capture: number;
  /** The endpoint of connections that do not name their own. Empty when the header names none. */
  readonly socket: string;
  readonly note: string | null;
  /** All keys of the header, known or not. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** `name` is the file as the person named it, for the message. */
export const parseHeader = (line: string, name: string): CaptureHeader => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  const fields = asObject(value);
  const version = fields?.capture;
  if (fields === null || typeof version !== 'number')
    throw new CaptureError(
      'header',
      `${name}: not a capture: the first line is not a header such as {"capture":1,"socket":"/run/containerd/containerd.sock"}`,
    );
  if (version !== captureVersion)
    throw new CaptureError(
      'version',
      `${name}: capture format ${version} is not known; this critrace reads version ${captureVersion}`,
    );
  const { socket, note } = fields;
  return {
    capture: version,
    socket: typeof socket === 'string' ? socket : '',
    note: typeof note === 'string' ? note : null,
    fields,
  };
};
