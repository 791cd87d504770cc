import { z } from 'zod';

/** Durations on the wire are Go's text: `1m30s`, `1.5h`. */
const durationPattern = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;
const durationWithoutHoursPattern = /^([0-9]+(\.[0-9]+)?(ms|s|m))+$/;

export const text = (description: string) => z.string().describe(description);
export const texts = (description: string) => z.array(z.string()).describe(description);
export const textMap = (description: string) => z.record(z.string(), z.string()).describe(description);
export const flag = (description: string) => z.boolean().describe(description);
export const integer = (description: string) => z.int().meta({ description, format: 'int64' });
export const time = (description: string) => z.string().meta({ description, format: 'date-time' });
export const duration = (description: string) => z.string().regex(durationPattern).describe(description);
export const durationWithoutHours = (description: string) => z.string().regex(durationWithoutHoursPattern).describe(description);

/** `{name}`: another object of the same namespace. */
export const localReference = (description: string) =>
  z.object({ name: text('Name of the object, in the same namespace.') }).describe(description);

/** `{name, namespace}`: another object, by default of the same namespace. */
export const namespacedReference = (description: string) =>
  z
    .object({
      name: text('Name of the object.'),
      namespace: text('Namespace of the object; by default the one of this resource.').optional(),
    })
    .describe(description);

/** An image as `status` records it. */
export const imageReference = (description: string) =>
  z
    .object({
      name: text('Image name, without tag and digest.'),
      tag: text('Tag of the image.'),
      digest: text('Digest of the manifest that the tag pointed at, such as sha256:….').optional(),
    })
    .describe(description);

/** Which parts of a git repository's refs to use; a commit wins over a name, a tag, a version range and a branch. */
export const gitReference = (description: string) =>
  z
    .object({
      branch: text('Branch to follow.').optional(),
      tag: text('Tag to use.').optional(),
      semver: text('Range of versions; the highest tag within it is used.').optional(),
      name: text('Full name of a ref, such as refs/pull/1/head.').optional(),
      commit: text('Object id of a commit; together with branch only that branch is fetched.').optional(),
    })
    .describe(description);
