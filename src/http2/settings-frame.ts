import { settingBytes, settingsParameter, uint32At } from './frame.ts';

export interface AnnouncedSettings {
  /** Null: not in this frame. */
  readonly headerTableSize: number | null;
  readonly maxFrameSize: number | null;
}

/** The parameters of a SETTINGS payload that tell an observer what to expect (RFC 9113 section 6.5): of each the largest, as all that were announced may be used. */
export const readSettings = (bytes: Uint8Array, from: number, to: number): AnnouncedSettings => {
  let headerTableSize: number | null = null;
  let maxFrameSize: number | null = null;
  for (let at = from; at + settingBytes <= to; at += settingBytes) {
    const parameter = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const value = uint32At(bytes, at + 2);
    if (parameter === settingsParameter.headerTableSize)
      headerTableSize = Math.max(headerTableSize ?? 0, value);
    else if (parameter === settingsParameter.maxFrameSize) maxFrameSize = Math.max(maxFrameSize ?? 0, value);
  }
  return { headerTableSize, maxFrameSize };
};
