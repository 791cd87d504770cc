import { z } from 'zod';
import { duration, flag, imageReference, namespacedReference, text } from './field.ts';
import type { ResourceOf } from './object-meta.ts';
import { withRules } from './rule.ts';
import { commonStatus } from './status-field.ts';

export const imagePolicyKind = {
  group: 'image.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'ImagePolicy',
  plural: 'imagepolicies',
} as const;

const order = (description: string) => z.enum(['asc', 'desc']).describe(description).default('asc');

const policySchema = z
  .object({
    semver: z
      .object({ range: text('Range of versions, such as 1.x or >=1.2 <2.') })
      .describe('Picks the highest version within a range.')
      .optional(),
    alphabetical: z
      .object({ order: order('asc picks the last in the order of the alphabet, desc the first.') })
      .describe('Picks by the order of the alphabet.')
      .optional(),
    numerical: z
      .object({ order: order('asc picks the largest number, desc the smallest.') })
      .describe('Picks by the order of numbers.')
      .optional(),
  })
  .describe('How to pick a tag: exactly one of the rules.');

const filterTagsSchema = z
  .object({
    pattern: text('Regular expression; only tags that it matches are considered.').optional(),
    extract: text('Template over the groups of the pattern ($name); the policy orders tags by its result.').optional(),
  })
  .describe('Which tags to consider, and which part of them to order by; by default all, whole.');

export const imagePolicySpecSchema = withRules(
  z.object({
    imageRepositoryRef: namespacedReference(
      'The ImageRepository whose tags to pick from; in another namespace it must grant access.',
    ),
    policy: policySchema,
    filterTags: filterTagsSchema.optional(),
    digestReflectionPolicy: z
      .enum(['Always', 'IfNotPresent', 'Never'])
      .describe('When to record the digest of the picked tag: at each run, once for a tag, or never.')
      .default('Never'),
    interval: duration(
      'How often to look up the digest again; needed with, and only with, digestReflectionPolicy Always.',
    ).optional(),
    suspend: flag('Do nothing until this is false again; a deletion is still handled.').optional(),
  }),
  'Which tag of an image is wanted.',
  [
    {
      rule: "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')",
      message: "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
      holds: ({ interval, digestReflectionPolicy }) => interval === undefined || digestReflectionPolicy === 'Always',
    },
    {
      rule: "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'",
      message: "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
      holds: ({ interval, digestReflectionPolicy }) => interval !== undefined || digestReflectionPolicy !== 'Always',
    },
  ],
);

export const imagePolicyStatusSchema = z
  .object({
    ...commonStatus,
    latestRef: imageReference('The image with the tag that the policy picked.').optional(),
    observedPreviousRef: imageReference('What latestRef was before it last changed.').optional(),
  })
  .describe('What the policy picked.');

export type ImagePolicySpec = z.output<typeof imagePolicySpecSchema>;
export type ImagePolicyStatus = z.output<typeof imagePolicyStatusSchema>;
export type ImagePolicy = ResourceOf<'ImagePolicy', ImagePolicySpec, ImagePolicyStatus>;
