import { preReleaseOrderAnnotation, versionPartsAnnotation } from './annotation.ts';

/** How the annotations of an ImagePolicy want versions to be read. */
export function versionStyleOf(annotations: Readonly<Record<string, string>> = {}): {
  readonly naturalPreReleases: boolean;
  readonly anyParts: boolean;
} {
  return {
    naturalPreReleases: annotations[preReleaseOrderAnnotation] === 'natural',
    anyParts: annotations[versionPartsAnnotation] === 'any',
  };
}
