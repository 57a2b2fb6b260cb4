import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../src/calls/finding.ts';
import { replayFindings } from '../support/replay-calls.ts';

const folder = fileURLToPath(new URL('../fixtures/captures/', import.meta.url));

const plain = (comm: string | null): string => (comm ?? '?').replace(/-[\d.]+$/, '');

/** What a finding says in a few words; null: calls and rounds have tests of their own. */
const words = (finding: Finding): string | null => {
  switch (finding.kind) {
    case 'call':
    case 'round':
      return null;
    case 'negotiation':
      return `${plain(finding.negotiation.caller.comm)} ${finding.negotiation.service}: ${finding.negotiation.verdict}`;
    case 'caller':
      return finding.seen.revision > 0
        ? null
        : `${plain(finding.seen.caller.comm)} calls ${finding.seen.version}`;
    case 'operation': {
      const { key, outcome } = finding.operation;
      return `${key.kind}: ${outcome}`;
    }
    case 'upgrade':
      return finding.upgrade.revision > 0 ? null : 'the runtime or its kubelet change';
    case 'casualty':
      return finding.casualty.kind;
    case 'kernel':
      return 'kernel';
    case 'connection':
      return `connection ${finding.connection.finding}`;
    case 'symptom': {
      const { kind, calls } = finding.symptom;
      return `${kind} of ${calls[0].rpc}`;
    }
  }
};

const summary = async (capture: string): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const finding of await replayFindings(`${folder}${capture}.jsonl.gz`)) {
    const said = words(finding);
    if (said !== null) counts[said] = (counts[said] ?? 0) + 1;
  }
  return counts;
};

/** A kubelet that runs three static pods with two containers each: what is beyond six containers are restarts. */
const kubelet = (restarts: number, isOneRemoved: boolean): Record<string, number> => ({
  'pod_start: running': 3,
  'container_start: running': restarts,
  ...(isOneRemoved ? { 'pod_stop: stopped': 1 } : {}),
});

const agreed = {
  'kubelet calls v1': 1,
  'kubelet RuntimeService: v1': 1,
  'kubelet ImageService: v1': 1,
};

/** `v1` is asked for once, and refused; all else is `v1alpha2`. */
const fellBack = {
  'kubelet calls v1': 1,
  'kubelet calls v1alpha2': 1,
  'kubelet RuntimeService: fell_back_to_v1alpha2': 1,
  'kubelet ImageService: fell_back_to_v1alpha2': 1,
};

/** The script of crictl commands: one pod that is started, fails in several ways, and is stopped. */
const onePod = { 'pod_start: failed': 1, 'pod_stop: stopped': 1 };

/**
 * By hand, from what README.md beside the captures says of them and from counts over the truth files: processes for
 * each service, RunPodSandbox, CreateContainer, StopPodSandbox by status.
 */
const expected: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'kubelet-1.37-containerd-2.4': { ...agreed, ...kubelet(5, true) },
  // The event stream goes on for 136 s: two whole intervals and the rest.
  'kubelet-1.37-containerd-2.4-gates': {
    ...agreed,
    ...kubelet(4, true),
    'stream_interval of GetContainerEvents': 3,
  },
  'kubelet-1.30-containerd-2.4-tracing': { ...agreed, ...kubelet(4, true) },
  'kubelet-1.25-containerd-1.5': { ...fellBack, ...kubelet(5, true) },
  'kubelet-1.25-containerd-1.6-killed-restarted': {
    ...agreed,
    ...kubelet(4, false),
    'connection refused': 5,
    'the runtime or its kubelet change': 1,
  },
  'kubelet-1.25-sticky-gate-v1alpha2-to-v1': {
    ...fellBack,
    ...kubelet(3, false),
    'connection refused': 3,
    'the runtime or its kubelet change': 1,
    'kubelet RuntimeService: version_refused_after_upgrade': 1,
    'kubelet ImageService: version_refused_after_upgrade': 1,
  },
  'kubelet-1.37-giveup-gate-v1alpha2-3-starts': {
    'kubelet calls v1': 1,
    'kubelet RuntimeService: gave_up': 3,
    'the runtime or its kubelet change': 1,
  },
  // Each command of crictl is a process, and has a verdict for each service that it used.
  'events-c24-crictl1.36': {
    'crictl calls v1': 1,
    'crictl RuntimeService: v1': 22,
    'crictl ImageService: v1': 3,
    'pod_start: running': 3,
    'pod_stop: stopped': 3,
    'stream_interval of GetContainerEvents': 1,
  },
  // Sixty pods with a container each, of which fifteen were started.
  'many-c24-crictl1.36': {
    'crictl calls v1': 1,
    'crictl RuntimeService: v1': 150,
    'crictl ImageService: v1': 7,
    'pod_start: running': 15,
    'pod_start: incomplete': 45,
    'pod_stop: stopped': 60,
  },
  // Three commands ended with the refused question, or with a method that v1alpha2 does not have.
  'old-client-c15-crictl1.25': {
    'crictl calls v1': 1,
    'crictl calls v1alpha2': 1,
    'crictl RuntimeService: fell_back_to_v1alpha2': 38,
    'crictl RuntimeService: gave_up': 1,
    'crictl ImageService: fell_back_to_v1alpha2': 7,
    'crictl ImageService: gave_up': 2,
    'feature_fallback of ListPodSandboxStats': 1,
    ...onePod,
  },
  'pod-lifecycle-c16-crictl1.36': {
    'crictl calls v1': 1,
    'crictl RuntimeService: v1': 39,
    'crictl ImageService: v1': 17,
    ...onePod,
  },
  'pod-lifecycle-crio-crictl1.36': {
    'crictl calls v1': 1,
    'crictl RuntimeService: v1': 37,
    'crictl ImageService: v1': 17,
    ...onePod,
  },
  'traced-c24-crictl1.36': {
    'crictl calls v1': 1,
    'crictl RuntimeService: v1': 6,
    'crictl ImageService: v1': 7,
  },
  'v1alpha2-c16-crictl1.22': {
    'crictl calls v1alpha2': 1,
    'crictl RuntimeService: v1alpha2': 38,
    'crictl ImageService: v1alpha2': 7,
    ...onePod,
  },
};

const captures = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl.gz') && !name.includes('.truth.'))
  .map((name) => name.replace('.jsonl.gz', ''));

for (const capture of captures) {
  test(`${capture}: all that is found beside its calls`, async () => {
    assert.deepEqual(await summary(capture), expected[capture]);
  });
}
