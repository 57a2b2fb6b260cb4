import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  nativeAbiVersion,
  openNativeTap,
  type TapFunctions,
  type TapOpened,
  type TapPlan,
  tapSignatures,
} from './native-tap.ts';

// The only file that loads native code: libcritrace.so, which needs nothing, and, when a tap is asked for,
// libcritrace-tap.so, which needs libbpf.

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
  Library(path: string, functions: typeof tapSignatures): TapFunctions;
}

interface NativeFunctions {
  critrace_abi_version(): number;
  critrace_peer_credentials(fd: number, peer: Buffer): number;
}

const versionSignature = { critrace_abi_version: ['int32', []] } as const;

const signatures = {
  ...versionSignature,
  critrace_peer_credentials: ['int32', ['int32', 'pointer']],
} as const;

/** The same from src/kernel and from dist/kernel. */
const builtLibrary = fileURLToPath(new URL('../../native/build/libcritrace.so', import.meta.url));

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

/** It lies beside the other one. */
const openTap = (ffi: Ffi, library: string, plan: TapPlan): TapOpened => {
  const path = library.replace(/\.so$/, '-tap.so');
  let functions: TapFunctions;
  try {
    functions = ffi.Library(path, tapSignatures);
  } catch (error) {
    const why = existsSync(path)
      ? `${firstLine(error)}; install libbpf 1.x (Debian: libbpf1)`
      : `${path} is not there: clang or libbpf-dev was missing when it was built; install both and run \`make -C native\``;
    return { opened: false, why, detail: '', programs: [] };
  }
  return openNativeTap(functions, plan);
};

const libraryOf = (
  functions: NativeFunctions,
  abiVersion: number,
  open: (plan: TapPlan) => TapOpened,
): NativeLibrary => {
  // The calls are synchronous: one buffer for the life of the library serves them all.
  const peer = Buffer.alloc(peerLayout.size);
  return {
    abiVersion,
    openTap: open,
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
      return {
        loaded: true,
        library: libraryOf(ffi.Library(path, signatures), abiVersion, (plan) => openTap(ffi, path, plan)),
      };
    return {
      loaded: false,
      why: `${path} has ABI version ${abiVersion}, this critrace needs ${nativeAbiVersion}`,
      remedy: 'run `make -C native clean all`',
    };
  } catch (error) {
    return { loaded: false, why: firstLine(error), remedy: 'run `make -C native`' };
  }
};
