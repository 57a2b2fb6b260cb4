/** Method-specific values of a call, by attribute name without the `cri.` prefix. Each is safe to show. */
export const valueAttributes = {
  'version.requested': 'Version the caller names in Version; absent in the probe that begins a negotiation',
  'runtime.name': 'Runtime name from the Version reply',
  'runtime.version': 'Runtime version from the Version reply',
  'runtime.api_version': 'CRI version the runtime names in the Version reply',
  'runtime.ready': 'Condition RuntimeReady of the Status reply',
  'runtime.network_ready': 'Condition NetworkReady of the Status reply',
  'runtime.cgroup_driver': 'Cgroup driver from the RuntimeConfig reply: `SYSTEMD` or `CGROUPFS`',
  verbose: 'The caller asked for verbose information',
  'filter.state': 'State that a list request asks for',
  'sandbox.state': 'State of the pod sandbox in the reply',
  'container.state': 'State of the container in the reply',
  'container.exit_code': 'Exit code of the container, where the reply says that it exited',
  'exec.exit_code': 'Exit code of the command that ExecSync ran',
  'exec.timeout_s': 'Seconds that the command may take; 0 is no limit',
  'exec.tty': 'Exec or Attach asks for a terminal',
  'stop.timeout_s': 'Seconds of grace that StopContainer gives before SIGKILL',
  'checkpoint.timeout_s': "Seconds that CheckpointContainer may take; 0 is the runtime's own limit",
  'checkpoint.containers': 'Containers that CheckpointPod names',
  'restore.containers': 'Containers that RestorePod brought back',
  'image.size_bytes': 'Size of the image in the ImageStatus reply',
  'image.present': 'ImageStatus found the image',
  'image_fs.used_bytes': 'Bytes in use on the file systems that hold images',
  'container_fs.used_bytes': 'Bytes in use on the file systems that hold writable layers, where kept apart',
  'events.created': 'Containers created, as told by GetContainerEvents so far',
  'events.started': 'Containers started, as told by GetContainerEvents so far',
  'events.stopped': 'Containers stopped, as told by GetContainerEvents so far',
  'events.deleted': 'Containers deleted, as told by GetContainerEvents so far',
} as const satisfies Record<string, string>;

export type ValueName = keyof typeof valueAttributes;

const attributes: ReadonlyMap<string, string> = new Map(
  Object.keys(valueAttributes).map((name) => [name, `cri.${name}`]),
);

/** The attribute of a value: looked up, as a text that is put together anew is slow as a key. */
export const valueAttributeOf = (name: string): string => attributes.get(name) ?? `cri.${name}`;
