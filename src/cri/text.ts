import type protobuf from 'protobufjs';
import { wordDigest } from '../foundation/command-digest.ts';
import { scrubReference } from '../foundation/scrub.ts';
import { isSecretLooking } from '../foundation/secret.ts';

/**
 * How a string is shown. `hidden` is the default: a field is shown only if it is named here. `plain`: ids and
 * names that Kubernetes itself made. `reference`: an image reference, which may carry userinfo or a query.
 * `word`: what a runtime calls itself. `compared`: hidden, but kept as its digest.
 */
export type TextRule = 'hidden' | 'plain' | 'reference' | 'word' | 'compared';

const rules: Readonly<Record<string, TextRule>> = {
  '*.id': 'plain',
  '*.pod_sandbox_id': 'plain',
  '*.container_id': 'plain',
  '*.container_ids': 'plain',
  '*.runtime_handler': 'plain',
  'PodSandboxMetadata.name': 'plain',
  'PodSandboxMetadata.uid': 'plain',
  'PodSandboxMetadata.namespace': 'plain',
  'ContainerMetadata.name': 'plain',
  'RestoredContainer.name': 'plain',

  'Image.id': 'reference',
  'ImageSpec.image': 'reference',
  'ImageSpec.user_specified_image': 'reference',
  '*.image_ref': 'reference',
  '*.image_id': 'reference',
  'Image.repo_tags': 'reference',
  'Image.repo_digests': 'reference',

  'VersionRequest.version': 'word',
  'VersionResponse.version': 'word',
  'VersionResponse.runtime_name': 'word',
  'VersionResponse.runtime_version': 'word',
  'VersionResponse.runtime_api_version': 'word',
  'RuntimeCondition.type': 'word',
  'RuntimeHandler.name': 'word',

  'ExecSyncRequest.cmd': 'compared',
  'ExecRequest.cmd': 'compared',
};

export const textRule = (field: protobuf.Field): TextRule =>
  rules[`${field.parent?.name}.${field.name}`] ?? rules[`*.${field.name}`] ?? 'hidden';

export const redacted = '[redacted]';

/** The references that scrubbing would leave as they are, which are nearly all. */
const cleanReference = /^[\w./:-]{1,512}(?:@sha256:[0-9a-f]{64})?$/;

const word = /^[\w.+~-]{0,128}$/;

/** No key material is as short. */
const surelyWord = 11;

/** The text as the rule lets it be shown. */
export const shownText = (text: string, rule: TextRule): string => {
  switch (rule) {
    case 'plain':
      return text;
    case 'reference':
      return cleanReference.test(text) ? text : scrubReference(text);
    case 'word':
      return word.test(text) && (text.length <= surelyWord || !isSecretLooking(text)) ? text : redacted;
    case 'hidden':
    case 'compared':
      return redacted;
  }
};

/** The text as it is kept in memory. */
export const keptText = (text: string, rule: TextRule): string =>
  rule === 'compared' ? wordDigest(text) : shownText(text, rule);
