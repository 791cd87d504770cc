import {
  acceptListingAnnotation,
  allowDowngradeAnnotation,
  answerAnnotation,
  autoMergeAnnotation,
  commitPerAnnotation,
  commitViaAnnotation,
  confirmPruneAnnotation,
  forgeAnnotation,
  forgeSecretAnnotation,
  forgeUrlAnnotation,
  groupAnnotation,
  guardAnnotation,
  landAnnotation,
  onRevertAnnotation,
  pausedUntilAnnotation,
  pauseReasonAnnotation,
  preReleaseOrderAnnotation,
  pullRequestAnnotation,
  pullRequestBodyAnnotation,
  pullRequestPerAnnotation,
  pullRequestTitleAnnotation,
  releaseAnnotation,
  requestAnnotation,
  roleAnnotation,
  rolloutHistoryAnnotation,
  tagalongAnnotationPrefix,
  versionPartsAnnotation,
  writeFromAnnotation,
} from './annotation.ts';
import type { AnyResource } from './gap.ts';
import { isPauseEnd } from './pause.ts';

const pause = { [pausedUntilAnnotation]: null, [pauseReasonAnnotation]: null };

/** Our own annotations by kind, with the values that they take; null takes any. */
const known: Readonly<Record<string, Readonly<Record<string, readonly string[] | null>>>> = {
  ImageUpdateAutomation: {
    [onRevertAnnotation]: ['hold', 'rebump'],
    [commitPerAnnotation]: ['policy', 'run'],
    [commitViaAnnotation]: ['git', 'forge'],
    [pullRequestAnnotation]: ['true', 'false'],
    [pullRequestPerAnnotation]: ['automation', 'policy'],
    [pullRequestTitleAnnotation]: null,
    [pullRequestBodyAnnotation]: null,
    [autoMergeAnnotation]: ['merge', 'squash', 'rebase'],
    [forgeAnnotation]: ['github', 'gitlab', 'gitea', 'forgejo'],
    [forgeUrlAnnotation]: null,
    [forgeSecretAnnotation]: null,
    ...pause,
    [roleAnnotation]: ['writer', 'observer'],
    [releaseAnnotation]: null,
    [landAnnotation]: null,
    [rolloutHistoryAnnotation]: null,
    [requestAnnotation]: null,
    [answerAnnotation]: null,
  },
  GitRepository: { [writeFromAnnotation]: null },
  ImageRepository: { [acceptListingAnnotation]: null },
  ImagePolicy: {
    [allowDowngradeAnnotation]: ['true', 'false'],
    [groupAnnotation]: null,
    [preReleaseOrderAnnotation]: ['natural', 'semver'],
    [versionPartsAnnotation]: ['any', 'three'],
    [guardAnnotation]: ['required'],
  },
  Kustomization: { ...pause, [confirmPruneAnnotation]: null },
  UpdateGuard: { [landAnnotation]: null, [requestAnnotation]: null },
};

/** One message for each annotation under `tagalong.dev/` that this kind does not know, or whose value it does not know. */
export function findUnknownAnnotations({ kind, metadata }: AnyResource): string[] {
  return Object.entries(metadata.annotations ?? {}).flatMap(([name, value]) => {
    if (!name.startsWith(tagalongAnnotationPrefix)) return [];
    const values = known[kind]?.[name];
    if (values === undefined) return [`metadata.annotations[${name}]: no such annotation of ${kind} is known`];
    if (name === pausedUntilAnnotation && !isPauseEnd(value))
      return [`metadata.annotations[${name}]: ${JSON.stringify(value)} is not a time such as 2026-01-31T17:00:00Z`];
    if (values === null || values.includes(value)) return [];
    return [`metadata.annotations[${name}]: ${JSON.stringify(value)} is not known, only ${values.join(' and ')}`];
  });
}
