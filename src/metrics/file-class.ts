/**
 * What a file is to the runtime, by the end of its path: a few classes, where paths would be without number. The first
 * that matches counts.
 */
const classes: readonly (readonly [name: string, path: RegExp])[] = [
  ['metadata_db', /(^|\/)meta\.db$/],
  ['snapshot_db', /(^|\/)metadata\.db$/],
  ['image_content', /(^|\/)(ingest|blobs|overlay-images|overlay-layers)(\/|$)/],
  ['network_state', /(^|\/)(cni|networks)(\/|$)|(^|\/)last_reserved_ip(\.\d+)?$/],
  ['container_log', /\.log(\.|$)/],
  [
    'container_state',
    /(^|\/)(state|config|options|shim-binary-path|[^/]*\.pid|userdata)(\.json)?$|(^|\/)\.?tmp-/,
  ],
  ['snapshot', /(^|\/)(snapshots|overlay|fs|diff)(\/|$)/],
];

export const fileClassOf = (file: string | null): string => {
  if (file === null) return 'unknown';
  return classes.find(([, path]) => path.test(file))?.[0] ?? 'other';
};
