import type { Answer } from './answers.ts';

/** What a kubelet does with a service's first answer, by release: see the kubelet's remote_runtime.go and remote_image.go. */
interface ReleaseLine {
  readonly releases: string;
  /** Asked first; null: v1alpha2 is used without asking. */
  readonly asks: 'v1' | null;
  /** After UNIMPLEMENTED. */
  readonly unimplemented: 'v1alpha2' | 'gives_up';
  /** After any other error. */
  readonly otherError: 'goes_on' | 'gives_up';
}

export const releaseLines: readonly ReleaseLine[] = [
  { releases: '1.20 to 1.22', asks: null, unimplemented: 'gives_up', otherError: 'gives_up' },
  { releases: '1.23 to 1.25', asks: 'v1', unimplemented: 'v1alpha2', otherError: 'gives_up' },
  { releases: '1.26', asks: 'v1', unimplemented: 'gives_up', otherError: 'goes_on' },
  { releases: '1.27 to 1.37', asks: 'v1', unimplemented: 'gives_up', otherError: 'gives_up' },
];

export type Choice = 'v1' | 'v1alpha2' | 'gives_up';

export interface KubeletChoice {
  readonly releases: string;
  readonly runtime: Choice;
  /** Null: it gave up before it asked. */
  readonly image: Choice | null;
  /** Why it gives up, or what is said of what it chose; null: nothing. */
  readonly why: string | null;
}

type Question = Answer['rpc'];

interface Chosen {
  readonly choice: Choice;
  readonly why: string | null;
}

/** Every kubelet compares VersionResponse.version with this one. */
const kubeletApi = '0.1.0';

const said = ({ version, rpc, status, message }: Answer): string =>
  `${version} ${rpc} is answered ${status}${message === '' ? '' : `: ${message}`}`;

const choose = (line: ReleaseLine, rpc: Question, answers: readonly Answer[]): Chosen => {
  const of = (version: Answer['version']): Answer | undefined =>
    answers.find((answer) => answer.version === version && answer.rpc === rpc);
  const [v1, v1alpha2] = [of('v1'), of('v1alpha2')];
  const withAlpha = (): Chosen => {
    if (v1alpha2 === undefined) return { choice: 'gives_up', why: 'nothing was answered' };
    // The image service is not asked before it is used.
    if (v1alpha2.status !== 'OK' && rpc === 'Version') return { choice: 'gives_up', why: said(v1alpha2) };
    return {
      choice: 'v1alpha2',
      why: v1alpha2.status === 'OK' ? 'v1alpha2 is deprecated' : `then ${said(v1alpha2)}`,
    };
  };
  if (line.asks === null) return withAlpha();
  if (v1 === undefined) return { choice: 'gives_up', why: 'nothing was answered' };
  if (v1.status === 'OK') return { choice: 'v1', why: null };
  if (v1.status === 'UNIMPLEMENTED')
    return line.unimplemented === 'v1alpha2' ? withAlpha() : { choice: 'gives_up', why: said(v1) };
  return line.otherError === 'goes_on'
    ? { choice: 'v1', why: `${said(v1)}; it goes on all the same` }
    : { choice: 'gives_up', why: said(v1) };
};

/** What the runtime says its version of the API is, in the version that was chosen. */
const wrongApi = (choice: Choice, answers: readonly Answer[]): string | null => {
  const answer = answers.find(({ version, rpc }) => version === choice && rpc === 'Version');
  if (answer?.status !== 'OK' || answer.kubeletApi === kubeletApi) return null;
  return `the runtime calls its API version ${JSON.stringify(answer.kubeletApi ?? '')}, and every kubelet wants "${kubeletApi}"`;
};

/**
 * What a kubelet of each release line would choose if it were restarted now, from the answers of the endpoint that
 * serves the runtime and of the one that serves images.
 */
export const kubeletChoices = (
  runtime: readonly Answer[],
  image: readonly Answer[],
): readonly KubeletChoice[] =>
  releaseLines.map((line) => {
    const first = choose(line, 'Version', runtime);
    const wrong = wrongApi(first.choice, runtime);
    const { releases } = line;
    if (first.choice === 'gives_up' || wrong !== null)
      return { releases, runtime: 'gives_up', image: null, why: wrong ?? first.why };
    const second = choose(line, 'ImageFsInfo', image);
    const why = [...new Set([first.why, second.why].filter((one) => one !== null))].join('; ');
    return { releases, runtime: first.choice, image: second.choice, why: why === '' ? null : why };
  });
