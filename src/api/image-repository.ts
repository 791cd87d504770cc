import { z } from 'zod';
import { duration, durationWithoutHours, flag, integer, localReference, text, textMap, texts, time } from './field.ts';
import type { ResourceOf } from './object-meta.ts';
import { commonStatus } from './status-field.ts';

export const imageRepositoryKind = {
  group: 'image.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'ImageRepository',
  plural: 'imagerepositories',
} as const;

const accessFromSchema = z
  .object({
    namespaceSelectors: z
      .array(
        z
          .object({
            matchLabels: textMap('Labels that the namespace must carry, all of them; none means every namespace.').optional(),
          })
          .describe('Namespaces by their labels.'),
      )
      .describe('Namespaces that may refer to this resource; one match is enough.'),
  })
  .describe('Which other namespaces may use this resource; by default none.');

export const imageRepositorySpecSchema = z
  .object({
    image: text('Name of the image, without scheme, tag and digest.'),
    interval: duration('How often to list the tags, unless something else asks first.'),
    timeout: durationWithoutHours('Deadline of one complete listing; by default the interval.').optional(),
    secretRef: localReference('Secret of type kubernetes.io/dockerconfigjson with the credentials of the registry.').optional(),
    certSecretRef: localReference('Secret with a CA (ca.crt), a client certificate (tls.crt and tls.key), or both.').optional(),
    proxySecretRef: localReference('Secret with address, username and password of a proxy.').optional(),
    serviceAccountName: z
      .string()
      .max(253)
      .describe('ServiceAccount whose image pull secrets, or whose cloud identity, open the registry.')
      .optional(),
    provider: z.enum(['generic', 'aws', 'azure', 'gcp']).describe('How to log in to the registry.').default('generic'),
    insecure: flag('Speak plain HTTP to the registry.').optional(),
    exclusionList: z
      .array(z.string())
      .max(25)
      .describe('Regular expressions; a tag that one of them matches anywhere is left out.')
      .default(['^.*\\.sig$']),
    accessFrom: accessFromSchema.optional(),
    suspend: flag('Do nothing until this is false again; a deletion is still handled.').optional(),
  })
  .describe('Which image to list the tags of, and how to reach its registry.');

const scanResultSchema = z
  .object({
    tagCount: integer('How many tags were left after the exclusion list.'),
    revision: text('A value that changes exactly when the tags change.').optional(),
    scanTime: time('When the listing was complete.').optional(),
    latestTags: texts('The first ten tags in descending order of their bytes.').optional(),
  })
  .describe('The last complete listing.');

export const imageRepositoryStatusSchema = z
  .object({
    ...commonStatus,
    canonicalImageName: text('The name with its registry and its full path spelled out.').optional(),
    lastScanResult: scanResultSchema.optional(),
    observedExclusionList: texts('spec.exclusionList as it was used for the last listing.').optional(),
  })
  .describe('What was last seen of the image.');

export type ImageRepositorySpec = z.output<typeof imageRepositorySpecSchema>;
export type ImageRepositoryStatus = z.output<typeof imageRepositoryStatusSchema>;
export type ImageRepository = ResourceOf<'ImageRepository', ImageRepositorySpec, ImageRepositoryStatus>;
