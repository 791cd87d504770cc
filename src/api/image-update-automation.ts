import { z } from 'zod';
import { duration, flag, gitReference, imageReference, localReference, text, textMap, time } from './field.ts';
import { labelSelector } from './label-selector.ts';
import type { ResourceOf } from './object-meta.ts';
import { commonStatus } from './status-field.ts';

export const imageUpdateAutomationKind = {
  group: 'image.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'ImageUpdateAutomation',
  plural: 'imageupdateautomations',
} as const;

const sourceRefSchema = z
  .object({
    apiVersion: text('Not used; the kind decides.').optional(),
    kind: z.enum(['GitRepository']).meta({ description: 'Kind of the source.', 'x-required': true }).default('GitRepository'),
    name: text('Name of the source.'),
    namespace: text('Namespace of the source; by default the one of this resource.').optional(),
  })
  .describe('The repository to update.');

const commitSchema = z
  .object({
    author: z
      .object({
        email: text('Address of the author.'),
        name: text('Name of the author.').optional(),
      })
      .describe('Author and committer of the commits.'),
    messageTemplate: text('Go template of the commit message.').optional(),
    messageTemplateValues: textMap('Values that the template reads as .Values.').optional(),
    signingKey: z
      .object({
        secretRef: localReference('Secret with the private key.'),
        type: z.enum(['gpg', 'ssh']).describe('Kind of the key; by default gpg.').optional(),
      })
      .describe('Sign the commits.')
      .optional(),
  })
  .describe('How to commit.');

const gitSchema = z
  .object({
    checkout: z
      .object({ ref: gitReference('What to start from, in place of the ref of the source.') })
      .describe('What to start from; by default the ref of the source.')
      .optional(),
    commit: commitSchema,
    push: z
      .object({
        branch: text('Branch to push to; by default the one that was checked out. It is made if absent.').optional(),
        refspec: text('Push to this refspec too.').optional(),
        options: textMap('Push options for the server.').optional(),
      })
      .describe('Where to push; by default to the branch that was checked out.')
      .optional(),
  })
  .describe('How to check out, commit and push.');

const updateSchema = z
  .object({
    strategy: z
      .enum(['Setters'])
      .meta({ description: 'How to find what to update: at the markers in the files.', 'x-required': true })
      .default('Setters'),
    path: text('Directory below which files are updated; by default the root.').optional(),
  })
  .describe('What to update.');

export const imageUpdateAutomationSpecSchema = z
  .object({
    sourceRef: sourceRefSchema,
    git: gitSchema.optional(),
    interval: duration('How often to run, unless something else asks first.'),
    policySelector: labelSelector('The ImagePolicies of the namespace to apply, by their labels; by default all.').optional(),
    update: updateSchema.default({ strategy: 'Setters' }),
    suspend: flag('Do nothing until this is false again; a deletion is still handled.').optional(),
  })
  .describe('Which repository to update with the picks of the policies, and how to commit.');

export const imageUpdateAutomationStatusSchema = z
  .object({
    ...commonStatus,
    lastAutomationRunTime: time('When the last run started.').optional(),
    lastPushCommit: text('Object id of the last commit that was pushed.').optional(),
    lastPushTime: time('When it was pushed.').optional(),
    observedPolicies: z
      .record(z.string(), imageReference('What the policy had picked.'))
      .describe('The picks of the selected policies, by the name of the policy.')
      .optional(),
    observedSourceRevision: text('Revision of the source that the last run ended with.').optional(),
  })
  .describe('What the last run did.');

export type ImageUpdateAutomationSpec = z.output<typeof imageUpdateAutomationSpecSchema>;
export type ImageUpdateAutomationStatus = z.output<typeof imageUpdateAutomationStatusSchema>;
export type ImageUpdateAutomation = ResourceOf<'ImageUpdateAutomation', ImageUpdateAutomationSpec, ImageUpdateAutomationStatus>;
