/** The unary list of each streamed one: the same request, and replies that differ in their number alone. */
export const unaryTwin: Readonly<Record<string, string>> = {
  StreamPodSandboxes: 'ListPodSandbox',
  StreamContainers: 'ListContainers',
  StreamContainerStats: 'ListContainerStats',
  StreamPodSandboxStats: 'ListPodSandboxStats',
  StreamPodSandboxMetrics: 'ListPodSandboxMetrics',
  StreamImages: 'ListImages',
};

export const streamedTwin: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(unaryTwin).map(([streamed, unary]) => [unary, streamed]),
);
