import {
  acceptListingAnnotation,
  allowDowngradeAnnotation,
  commitPerAnnotation,
  confirmPruneAnnotation,
  guardAnnotation,
  landAnnotation,
  onRevertAnnotation,
  preReleaseOrderAnnotation,
  releaseAnnotation,
  tagalongAnnotationPrefix,
  versionPartsAnnotation,
} from './annotation.ts';
import type { AnyResource } from './gap.ts';

/** Our own annotations by kind, with the values that they take; null takes any. */
const known: Readonly<Record<string, Readonly<Record<string, readonly string[] | null>>>> = {
  ImageUpdateAutomation: {
    [onRevertAnnotation]: ['hold', 'rebump'],
    [commitPerAnnotation]: ['policy', 'run'],
    [releaseAnnotation]: null,
    [landAnnotation]: null,
  },
  ImageRepository: { [acceptListingAnnotation]: null },
  ImagePolicy: {
    [allowDowngradeAnnotation]: ['true', 'false'],
    [preReleaseOrderAnnotation]: ['natural', 'semver'],
    [versionPartsAnnotation]: ['any', 'three'],
    [guardAnnotation]: ['required'],
  },
  Kustomization: { [confirmPruneAnnotation]: null },
};

/** One message for each annotation under `tagalong.dev/` that this kind does not know, or whose value it does not know. */
export function findUnknownAnnotations({ kind, metadata }: AnyResource): string[] {
  return Object.entries(metadata.annotations ?? {}).flatMap(([name, value]) => {
    if (!name.startsWith(tagalongAnnotationPrefix)) return [];
    const values = known[kind]?.[name];
    if (values === undefined) return [`metadata.annotations[${name}]: no such annotation of ${kind} is known`];
    if (values === null || values.includes(value)) return [];
    return [`metadata.annotations[${name}]: ${JSON.stringify(value)} is not known, only ${values.join(' and ')}`];
  });
}
