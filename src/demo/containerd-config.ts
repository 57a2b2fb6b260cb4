import { join } from 'node:path';

/** Where one private containerd keeps everything it owns, all below one temporary folder. */
export interface ContainerdLayout {
  readonly folder: string;
  readonly socket: string;
  readonly config: string;
  readonly log: string;
  readonly cniConfigFolder: string;
}

export const containerdLayout = (folder: string): ContainerdLayout => ({
  folder,
  socket: join(folder, 'containerd.sock'),
  config: join(folder, 'containerd.toml'),
  log: join(folder, 'containerd.log'),
  cniConfigFolder: join(folder, 'cni'),
});

export interface ContainerdSettings {
  readonly sandboxImage: string;
  readonly cniPluginFolder: string;
  /** `native` copies files: for a temporary folder on overlayfs, which cannot carry another overlay. */
  readonly snapshotter: 'overlayfs' | 'native';
}

const criPlugin = 'io.containerd.grpc.v1.cri';

/** A JSON string without escapes beyond \\ and \" is also a TOML basic string. */
const quoted = (text: string): string => JSON.stringify(text);

/** containerd 1.6 and 1.7, config version 2. */
export const containerdConfig = (
  layout: ContainerdLayout,
  settings: ContainerdSettings,
): string => `version = 2
root = ${quoted(join(layout.folder, 'root'))}
state = ${quoted(join(layout.folder, 'state'))}
# What a private instance has no use for, and what would look at the host's devices.
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
]

[grpc]
  address = ${quoted(layout.socket)}

[plugins."io.containerd.internal.v1.opt"]
  path = ${quoted(join(layout.folder, 'opt'))}

[plugins."${criPlugin}"]
  sandbox_image = ${quoted(settings.sandboxImage)}
  # Lowering oom_score_adj needs CAP_SYS_RESOURCE, which a root without full capabilities lacks.
  restrict_oom_score_adj = true
  # Loading an AppArmor profile would change the host.
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  [plugins."${criPlugin}".containerd]
    snapshotter = ${quoted(settings.snapshotter)}
  [plugins."${criPlugin}".cni]
    bin_dir = ${quoted(settings.cniPluginFolder)}
    conf_dir = ${quoted(layout.cniConfigFolder)}
`;

/** A bridge as on a common node. It lives in a network namespace of its own, so fixed names cannot clash. */
export const cniConfig = (layout: ContainerdLayout): string =>
  JSON.stringify({
    cniVersion: '0.4.0',
    name: 'critrace-demo',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: '10.88.0.0/16' }]],
          dataDir: join(layout.folder, 'networks'),
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
