import { z } from 'zod';
import { duration, durationWithoutHours, flag, gitReference, localReference, text, texts } from './field.ts';
import type { ResourceOf } from './object-meta.ts';
import { withRules } from './rule.ts';
import { artifact, commonStatus } from './status-field.ts';

export const gitRepositoryKind = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'GitRepository',
  plural: 'gitrepositories',
} as const;

const includeSchema = z
  .object({
    repository: localReference('The GitRepository whose artifact is included.'),
    fromPath: text('Directory of the included artifact to copy; by default all of it.').optional(),
    toPath: text('Directory to copy it to; by default the name of the included GitRepository.').optional(),
  })
  .describe('Another artifact laid into this one.');

const verifySchema = z
  .object({
    mode: z
      .enum(['head', 'HEAD', 'Tag', 'TagAndHEAD'])
      .describe('Which signature must be valid: the one of the commit, of the tag, or both.')
      .default('HEAD'),
    secretRef: localReference('Secret with the trusted public keys: *.asc for PGP, *.sshpub for SSH.'),
  })
  .describe('Accept only signed commits or tags.');

export const gitRepositorySpecSchema = withRules(
  z.object({
    url: z
      .string()
      .regex(/^(http|https|ssh):\/\/.*$/)
      .describe('Address of the repository; its scheme chooses the transport.'),
    interval: duration('How often to look for a new revision, unless something else asks first.'),
    timeout: durationWithoutHours('Deadline of one conversation with the remote.').default('60s'),
    ref: gitReference('What to check out; by default the branch master.').optional(),
    secretRef: localReference('Secret with the credentials of the remote.').optional(),
    provider: z
      .enum(['generic', 'aws', 'azure', 'github'])
      .describe('How to log in to the remote; by default generic.')
      .optional(),
    serviceAccountName: text('ServiceAccount to log in to the cloud as; for the providers azure and aws only.').optional(),
    proxySecretRef: localReference('Secret with address, username and password of a proxy.').optional(),
    suspend: flag('Do nothing until this is false again; a deletion is still handled.').optional(),
    ignore: text(
      'Lines in the format of .gitignore, added to those of .sourceignore, that keep files out of the artifact.',
    ).optional(),
    include: z.array(includeSchema).describe('Artifacts of other GitRepositories to lay into this one.').optional(),
    recurseSubmodules: flag('Fetch submodules too, with the credentials of the repository itself.').optional(),
    sparseCheckout: texts('Directories to check out; by default all.').optional(),
    verify: verifySchema.optional(),
  }),
  'Where a git repository is, and which revision of it is wanted.',
  [
    {
      rule: "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
      message: "serviceAccountName can only be set when provider is 'azure' or 'aws'",
      holds: ({ serviceAccountName, provider }) => serviceAccountName === undefined || provider === 'azure' || provider === 'aws',
    },
  ],
);

export const gitRepositoryStatusSchema = z
  .object({
    ...commonStatus,
    artifact: artifact('The last artifact that was made.').optional(),
    includedArtifacts: z
      .array(artifact('An artifact that was included.'))
      .describe('The artifacts laid into this one, in the order of spec.include.')
      .optional(),
    observedIgnore: text('spec.ignore as it was used for the artifact.').optional(),
    observedInclude: z.array(includeSchema).describe('spec.include as it was used for the artifact.').optional(),
    observedRecurseSubmodules: flag('spec.recurseSubmodules as it was used for the artifact.').optional(),
    observedSparseCheckout: texts('spec.sparseCheckout as it was used for the artifact.').optional(),
    sourceVerificationMode: text('What was last verified: HEAD, Tag or TagAndHEAD.').optional(),
  })
  .describe('What was last seen of the repository.');

export type GitRepositorySpec = z.output<typeof gitRepositorySpecSchema>;
export type GitRepositoryStatus = z.output<typeof gitRepositoryStatusSchema>;
export type GitRepository = ResourceOf<'GitRepository', GitRepositorySpec, GitRepositoryStatus>;
