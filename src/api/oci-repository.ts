import { z } from 'zod';
import { duration, durationWithoutHours, flag, localReference, text } from './field.ts';
import type { ResourceOf } from './object-meta.ts';
import { artifact, commonStatus } from './status-field.ts';

export const ociRepositoryKind = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'OCIRepository',
  plural: 'ocirepositories',
} as const;

const layerSelectorSchema = z
  .object({
    mediaType: text('The first layer of this media type is taken; by default the first layer.').optional(),
    operation: z
      .enum(['extract', 'copy'])
      .describe('extract (the default) unpacks the layer as a tar archive; copy keeps its bytes as they are.')
      .optional(),
  })
  .describe('Which layer is the content; by default the first.');

const refSchema = z
  .object({
    digest: text('Digest of the manifest; wins over semver and tag.').optional(),
    semver: text('Range of versions; the highest tag within it is taken. Wins over tag.').optional(),
    semverFilter: text('Regular expression that tags have to match to be looked at for semver.').optional(),
    tag: text('Tag to follow; by default latest.').optional(),
  })
  .describe('Which manifest is wanted; by default the tag latest.');

const identitySchema = z
  .object({
    issuer: text('Regular expression that the issuer of the identity has to match.'),
    subject: text('Regular expression that the subject of the certificate has to match.'),
  })
  .describe('An identity whose keyless signature is trusted.');

const verifySchema = z
  .object({
    provider: z
      .enum(['cosign', 'notation'])
      .meta({ description: 'What made the signature.', 'x-required': true })
      .default('cosign'),
    secretRef: localReference('Secret with the public keys that are trusted, under names that end in .pub.').optional(),
    matchOIDCIdentity: z.array(identitySchema).describe('Identities of which any may have signed, without a key.').optional(),
    trustedRootSecretRef: localReference(
      'Secret with the root of trust of keyless signatures, under trusted_root.json.',
    ).optional(),
  })
  .describe('Accept only signed artifacts.');

export const ociRepositorySpecSchema = z
  .object({
    url: z
      .string()
      .regex(/^oci:\/\/.*$/)
      .describe('oci:// with registry and repository, without tag or digest.'),
    interval: duration('How often to look for a new digest, unless something else asks first.'),
    timeout: durationWithoutHours('Deadline of one conversation with the registry.').default('60s'),
    ref: refSchema.optional(),
    layerSelector: layerSelectorSchema.optional(),
    provider: z.enum(['generic', 'aws', 'azure', 'gcp']).describe('How to log in to the registry.').default('generic'),
    secretRef: localReference('Secret of type kubernetes.io/dockerconfigjson with the credentials of the registry.').optional(),
    serviceAccountName: text('ServiceAccount with pull secrets, or whose identity is used at the cloud.').optional(),
    certSecretRef: localReference('Secret with ca.crt, and tls.crt with tls.key, for the TLS handshake.').optional(),
    proxySecretRef: localReference('Secret with address, username and password of a proxy.').optional(),
    insecure: flag('Speak plain HTTP to the registry.').optional(),
    ignore: text(
      'Lines in the format of .gitignore, added to those of .sourceignore, that keep files out of the artifact.',
    ).optional(),
    suspend: flag('Do nothing until this is false again; a deletion is still handled.').optional(),
    verify: verifySchema.optional(),
  })
  .describe('Where an OCI artifact is, and which digest of it is wanted.');

export const ociRepositoryStatusSchema = z
  .object({
    ...commonStatus,
    artifact: artifact('The last artifact that was made.').optional(),
    observedIgnore: text('spec.ignore as it was used for the artifact.').optional(),
    observedLayerSelector: layerSelectorSchema.optional(),
    url: text('Where the newest archive can always be downloaded.').optional(),
  })
  .describe('What was last seen of the repository.');

export type OciRepositorySpec = z.output<typeof ociRepositorySpecSchema>;
export type OciRepositoryStatus = z.output<typeof ociRepositoryStatusSchema>;
export type OciRepository = ResourceOf<'OCIRepository', OciRepositorySpec, OciRepositoryStatus>;
