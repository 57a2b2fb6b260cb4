import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// The only file that loads native code. It answers for the layouts and signatures of native/include/critrace.h.

/** The version of native/include/critrace.h that this file was written for. */
export const nativeAbiVersion = 2;

/** struct critrace_peer. */
export const peerLayout = { pid: 0, uid: 4, gid: 8, size: 12 } as const;

/** struct critrace_tap_plan; `paths` are arrays of CRITRACE_PATH_BYTES. */
export const planLayout = {
  size_of: 0,
  version: 4,
  ring_bytes: 8,
  max_connections: 12,
  endpoints: 16,
  paths: 24,
  size: 888,
} as const;
export const pathBytes = 108;
const maxPaths = 8;

/** Who connected to a unix socket, as of the moment of its connect(2). */
export interface PeerCredentials {
  /** Null: the process is in a pid namespace that this one cannot see. */
  readonly pid: number | null;
  readonly uid: number;
  readonly gid: number;
}

export interface TapPlan {
  /** Paths of sockets, however written; they need not exist yet. At most eight. */
  readonly endpoints: readonly string[];
  /** What the kernel may hold until it is drained: a power of two, at least a page. */
  readonly ringBytes: number;
  readonly maxConnections: number;
  /** What one drain may fill in: at least 64 KiB. */
  readonly bufferBytes: number;
}

/** The kernel side of the tap. One at a time in a process. */
export interface NativeTap {
  /** The next records (src/kernel/events.ts), valid until the next drain. Throws when the tap is broken or closed. */
  drain(): Buffer;
  /** Detaches everything. Twice is once. */
  close(): void;
}

export type TapOpened =
  | { readonly opened: true; readonly tap: NativeTap }
  /** `why` is one line with the remedy; `detail` what the kernel's verifier said, if anything. */
  | { readonly opened: false; readonly why: string; readonly detail: string };

export interface NativeLibrary {
  readonly abiVersion: number;
  /** Loads and attaches the tap's programs: takes a second, in which nothing else happens. */
  openTap(plan: TapPlan): TapOpened;
  /** Null: `fd` is not a connected unix socket. Costs tens of microseconds: once a connection, not once a read. */
  peerCredentials(fd: number): PeerCredentials | null;
}

export type NativeLoad =
  | { readonly loaded: true; readonly library: NativeLibrary }
  /** critrace goes on without what the library knows; `why` and `remedy` are for the user. */
  | { readonly loaded: false; readonly why: string; readonly remedy: string };

/** What is used of ffi-napi: it opens a library and turns each [result, arguments] into a function. */
interface Ffi {
  Library(path: string, functions: typeof signatures): NativeFunctions;
  Library(path: string, functions: typeof versionSignature): Pick<NativeFunctions, 'critrace_abi_version'>;
}

interface NativeFunctions {
  critrace_abi_version(): number;
  critrace_peer_credentials(fd: number, peer: Buffer): number;
  critrace_tap_open(plan: Buffer, buffer: Buffer, size: number): number;
  critrace_tap_attach(): number;
  critrace_tap_drain(): number;
  critrace_tap_close(): number;
  critrace_last_error(text: Buffer, size: number): number;
}

const versionSignature = { critrace_abi_version: ['int32', []] } as const;

const signatures = {
  ...versionSignature,
  critrace_peer_credentials: ['int32', ['int32', 'pointer']],
  critrace_tap_open: ['int32', ['pointer', 'pointer', 'uint32']],
  critrace_tap_attach: ['int32', []],
  critrace_tap_drain: ['int32', []],
  critrace_tap_close: ['int32', []],
  critrace_last_error: ['int32', ['pointer', 'uint32']],
} as const;

/** The same from src/kernel and from dist/kernel. */
const builtLibrary = fileURLToPath(new URL('../../native/build/libcritrace.so', import.meta.url));

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

const lastError = (functions: NativeFunctions): string => {
  const text = Buffer.alloc(16_384);
  return text.toString('utf8', 0, Math.max(0, functions.critrace_last_error(text, text.length)));
};

const planOf = ({ endpoints, ringBytes, maxConnections }: TapPlan): Buffer => {
  const plan = Buffer.alloc(planLayout.size);
  plan.writeUInt32LE(planLayout.size, planLayout.size_of);
  plan.writeUInt32LE(nativeAbiVersion, planLayout.version);
  plan.writeUInt32LE(ringBytes, planLayout.ring_bytes);
  plan.writeUInt32LE(maxConnections, planLayout.max_connections);
  plan.writeUInt32LE(endpoints.length, planLayout.endpoints);
  for (const [index, path] of endpoints.slice(0, maxPaths).entries())
    plan.write(path, planLayout.paths + index * pathBytes, pathBytes, 'utf8');
  return plan;
};

const openTap = (functions: NativeFunctions, plan: TapPlan): TapOpened => {
  const refused = (): TapOpened => {
    const [why = '', ...detail] = lastError(functions).split('\n');
    return { opened: false, why, detail: detail.join('\n') };
  };
  // The library keeps its address: it must outlive the tap and never move.
  const buffer = Buffer.from(new ArrayBuffer(plan.bufferBytes));
  if (functions.critrace_tap_open(planOf(plan), buffer, buffer.length) !== 0) return refused();
  if (functions.critrace_tap_attach() !== 0) {
    const answer = refused();
    functions.critrace_tap_close();
    return answer;
  }
  let open = true;
  return {
    opened: true,
    tap: {
      drain() {
        // Another tap may have been opened since this one was closed.
        if (!open) throw new Error('the tap is closed');
        const filled = functions.critrace_tap_drain();
        if (filled < 0) throw new Error(`the tap cannot be read: ${lastError(functions)}`);
        return buffer.subarray(0, filled);
      },
      close() {
        if (open) functions.critrace_tap_close();
        open = false;
      },
    },
  };
};

const libraryOf = (functions: NativeFunctions, abiVersion: number): NativeLibrary => {
  // The calls are synchronous: one buffer for the life of the library serves them all.
  const peer = Buffer.alloc(peerLayout.size);
  return {
    abiVersion,
    openTap: (plan) => openTap(functions, plan),
    peerCredentials(fd) {
      if (functions.critrace_peer_credentials(fd, peer) !== 0) return null;
      const pid = peer.readInt32LE(peerLayout.pid);
      return {
        pid: pid > 0 ? pid : null,
        uid: peer.readUInt32LE(peerLayout.uid),
        gid: peer.readUInt32LE(peerLayout.gid),
      };
    },
  };
};

/** Loads ffi-napi and, through it, the library at `path`. Never throws. */
export const loadNative = (path: string = builtLibrary): NativeLoad => {
  let ffi: Ffi;
  try {
    // Not an import: its absence must not keep the rest of critrace from starting.
    ffi = createRequire(import.meta.url)('ffi-napi');
  } catch (error) {
    return {
      loaded: false,
      why: `ffi-napi does not load: ${firstLine(error)}`,
      remedy:
        'run `npm run setup`; where npm blocks install scripts, `npm rebuild ffi-napi @2060.io/ref-napi`',
    };
  }
  try {
    // By itself: a library of another version may lack the other functions.
    const abiVersion = ffi.Library(path, versionSignature).critrace_abi_version();
    if (abiVersion === nativeAbiVersion)
      return { loaded: true, library: libraryOf(ffi.Library(path, signatures), abiVersion) };
    return {
      loaded: false,
      why: `${path} has ABI version ${abiVersion}, this critrace needs ${nativeAbiVersion}`,
      remedy: 'run `make -C native clean all`',
    };
  } catch (error) {
    return { loaded: false, why: firstLine(error), remedy: 'run `make -C native`' };
  }
};
