import { z } from 'zod';
import { duration, durationWithoutHours, flag, localReference, text } from './field.ts';
import type { ResourceOf } from './object-meta.ts';
import { withRules } from './rule.ts';
import { artifact, commonStatus } from './status-field.ts';

export const bucketKind = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Bucket',
  plural: 'buckets',
} as const;

const stsSchema = z
  .object({
    provider: z.enum(['aws', 'ldap']).describe('aws: the STS of AWS; ldap: that of MinIO and its kin.'),
    endpoint: z
      .string()
      .regex(/^(http|https):\/\/.*$/)
      .describe('Where the service that gives the credentials is.'),
    secretRef: localReference('Secret with username and password, for ldap.').optional(),
    certSecretRef: localReference('Secret with ca.crt, and tls.crt with tls.key, for the service.').optional(),
  })
  .describe('Where temporary credentials come from.');

export const bucketSpecSchema = withRules(
  z.object({
    bucketName: text('Name of the bucket or container.'),
    endpoint: text('Host, with a port where it is not the usual one; for Azure the URL of the storage account.'),
    interval: duration('How often to look for changes, unless something else asks first.'),
    timeout: durationWithoutHours('Deadline of one look at the bucket.').default('60s'),
    provider: z
      .enum(['generic', 'aws', 'gcp', 'azure'])
      .describe('Whose storage it is, and how to log in to it.')
      .default('generic'),
    region: text('Region of the bucket.').optional(),
    prefix: text('Only objects whose key begins so.').optional(),
    insecure: flag('Speak plain HTTP.').optional(),
    secretRef: localReference('Secret with the credentials of the storage.').optional(),
    serviceAccountName: text('ServiceAccount whose identity is used at the cloud; not for generic.').optional(),
    certSecretRef: localReference('Secret with ca.crt, and tls.crt with tls.key, for the TLS handshake.').optional(),
    proxySecretRef: localReference('Secret with address, username and password of a proxy.').optional(),
    sts: stsSchema.optional(),
    ignore: text(
      'Lines in the format of .gitignore, added to those of the object .sourceignore, that keep objects out of the artifact.',
    ).optional(),
    suspend: flag('Do nothing until this is false again; a deletion is still handled.').optional(),
  }),
  'Where a bucket is, and which objects of it are wanted.',
  [
    {
      rule: "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
      message: "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
      holds: ({ provider, sts }) => provider === 'aws' || provider === 'generic' || sts === undefined,
    },
    {
      rule: "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
      message: "'aws' is the only supported STS provider for the 'aws' Bucket provider",
      holds: ({ provider, sts }) => provider !== 'aws' || sts === undefined || sts.provider === 'aws',
    },
    {
      rule: "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
      message: "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
      holds: ({ provider, sts }) => provider !== 'generic' || sts === undefined || sts.provider === 'ldap',
    },
    {
      rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
      message: "spec.sts.secretRef is not required for the 'aws' STS provider",
      holds: ({ sts }) => sts?.provider !== 'aws' || sts.secretRef === undefined,
    },
    {
      rule: "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
      message: "spec.sts.certSecretRef is not required for the 'aws' STS provider",
      holds: ({ sts }) => sts?.provider !== 'aws' || sts.certSecretRef === undefined,
    },
    {
      rule: "self.provider != 'generic' || !has(self.serviceAccountName)",
      message: "ServiceAccountName is not supported for the 'generic' Bucket provider",
      holds: ({ provider, serviceAccountName }) => provider !== 'generic' || serviceAccountName === undefined,
    },
    {
      rule: '!has(self.secretRef) || !has(self.serviceAccountName)',
      message: 'cannot set both .spec.secretRef and .spec.serviceAccountName',
      holds: ({ secretRef, serviceAccountName }) => secretRef === undefined || serviceAccountName === undefined,
    },
  ],
);

export const bucketStatusSchema = z
  .object({
    ...commonStatus,
    artifact: artifact('The last artifact that was made.').optional(),
    observedIgnore: text('spec.ignore as it was used for the artifact.').optional(),
    url: text('Where the newest archive can always be downloaded.').optional(),
  })
  .describe('What was last seen of the bucket.');

export type BucketSpec = z.output<typeof bucketSpecSchema>;
export type BucketStatus = z.output<typeof bucketStatusSchema>;
export type Bucket = ResourceOf<'Bucket', BucketSpec, BucketStatus>;
