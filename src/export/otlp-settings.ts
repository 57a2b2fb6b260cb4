/** How a collector is talked to, with all files read and all choices made. */
export interface OtlpSettings {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly gzip: boolean;
  /** Null: no TLS. Null certificates: the system's roots, no client certificate. */
  readonly tls: {
    readonly rootCertificate: Buffer | null;
    readonly clientKey: Buffer | null;
    readonly clientCertificate: Buffer | null;
  } | null;
}

/** A value that cannot be used: which variable, what it says, and what it may say. */
export interface SettingProblem {
  readonly variable: string;
  readonly value: string;
  readonly allowed: string;
}
