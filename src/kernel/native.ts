import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// The only file that loads native code. It answers for the layouts and signatures of native/include/critrace.h.

/** The version of native/include/critrace.h that this file was written for. */
export const nativeAbiVersion = 1;

/** struct critrace_peer. */
export const peerLayout = { pid: 0, uid: 4, gid: 8, size: 12 } as const;

/** Who connected to a unix socket, as of the moment of its connect(2). */
export interface PeerCredentials {
  /** Null: the process is in a pid namespace that this one cannot see. */
  readonly pid: number | null;
  readonly uid: number;
  readonly gid: number;
}

export interface NativeLibrary {
  readonly abiVersion: number;
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
}

interface NativeFunctions {
  critrace_abi_version(): number;
  critrace_peer_credentials(fd: number, peer: Buffer): number;
}

const signatures = {
  critrace_abi_version: ['int32', []],
  critrace_peer_credentials: ['int32', ['int32', 'pointer']],
} as const;

/** The same from src/kernel and from dist/kernel. */
const builtLibrary = fileURLToPath(new URL('../../native/build/libcritrace.so', import.meta.url));

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

const libraryOf = (functions: NativeFunctions, abiVersion: number): NativeLibrary => {
  // The calls are synchronous: one buffer for the life of the library serves them all.
  const peer = Buffer.alloc(peerLayout.size);
  return {
    abiVersion,
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
    const functions = ffi.Library(path, signatures);
    const abiVersion = functions.critrace_abi_version();
    if (abiVersion === nativeAbiVersion) return { loaded: true, library: libraryOf(functions, abiVersion) };
    return {
      loaded: false,
      why: `${path} has ABI version ${abiVersion}, this critrace needs ${nativeAbiVersion}`,
      remedy: 'run `make -C native clean all`',
    };
  } catch (error) {
    return { loaded: false, why: firstLine(error), remedy: 'run `make -C native`' };
  }
};
