import type { KernelStory } from '../../src/calls/kernel/story.ts';

/** The parts of a story, each under the one that started it; syncs of the same file once. */
export const storyTree = ({ parts }: KernelStory): readonly string[] => {
  const depth = (at: number | null): number => (at === null ? 0 : 1 + depth(parts[at]?.parent ?? null));
  const lines = parts.map((part) => ({
    isSync: part.what.kind === 'sync',
    text: `${'  '.repeat(depth(part.parent))}${part.name}`,
  }));
  return lines.flatMap(({ isSync, text }, at) =>
    isSync && lines.findIndex((line) => line.text === text) < at ? [] : [text],
  );
};
