/** Major and minor number of a runtime's version: `v2.4.2`, `1.6.20~ds1`. */
export const releaseOf = (version: string): readonly [number, number] | null => {
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version) ?? [];
  return major === undefined || minor === undefined ? null : [Number(major), Number(minor)];
};
