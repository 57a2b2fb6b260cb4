/** The pod as far as a call's own messages name it. */
export interface PodIdentity {
  readonly namespace: string | null;
  readonly name: string | null;
  readonly uid: string | null;
  /** How often the sandbox of this pod was made anew (PodSandboxMetadata.attempt). */
  readonly attempt: number | null;
}

/** What a call's own request and response say about whom it concerns. */
export interface CallFacts {
  readonly pod: PodIdentity | null;
  readonly sandboxId: string | null;
  readonly containerId: string | null;
  readonly containerName: string | null;
  readonly containerAttempt: number | null;
  readonly image: string | null;
  readonly imageRef: string | null;
  readonly imageId: string | null;
  readonly runtimeHandler: string | null;
  /** Of what an exec is to run, by which it is told from others; its words go nowhere. */
  readonly commandDigest: string | null;
  /** Items of a list reply, all messages of a stream together; null where the method lists nothing. */
  readonly items: number | null;
  /** Method-specific values that are safe to show, by attribute name without the `cri.` prefix. */
  readonly values: Readonly<Record<string, string | number | boolean>>;
}

/** Of a call whose messages say nothing, or were not seen. */
export const noFacts: CallFacts = {
  pod: null,
  sandboxId: null,
  containerId: null,
  containerName: null,
  containerAttempt: null,
  image: null,
  imageRef: null,
  imageId: null,
  runtimeHandler: null,
  commandDigest: null,
  items: null,
  values: {},
};
