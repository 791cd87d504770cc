import { z } from 'zod';
import { duration, localReference, text, time } from './field.ts';
import { labelSelector } from './label-selector.ts';
import type { ResourceOf } from './object-meta.ts';
import { withRules } from './rule.ts';
import { commonStatus } from './status-field.ts';
import { verifySchema } from './update-guard-verify.ts';

export const updateGuardKind = {
  group: 'tagalong.dev',
  version: 'v1alpha1',
  kind: 'UpdateGuard',
  plural: 'updateguards',
} as const;

const windowSchema = withRules(
  z.object({
    cron: z
      .string()
      .max(256)
      .regex(/^\s*\S+(\s+\S+){4}\s*$/)
      .describe('When the window opens: minute, hour, day of the month, month, day of the week.'),
    duration: duration('How long it stays open, as time that passes.').max(32),
    timeZone: z.string().max(64).describe('Zone of the clock that cron reads, such as Europe/Berlin.').default('UTC'),
  }),
  'When bumps may land.',
  [
    {
      rule: "duration(self.duration) > duration('0s')",
      message: 'a window of no time is never open',
      holds: ({ duration: text }) => /[1-9]/.test(text),
    },
  ],
);

const freezeSchema = withRules(
  z.object({
    from: time('First moment of the freeze.'),
    to: time('First moment after it.'),
    reason: text('Why; shown to whoever waits.').optional(),
  }),
  'When nothing lands.',
  [
    {
      rule: 'timestamp(self.from) < timestamp(self.to)',
      message: 'a freeze ends after it begins',
      holds: ({ from, to }) => !(Date.parse(from) >= Date.parse(to)),
    },
  ],
);

const requirementSchema = withRules(
  z.object({
    kustomizationRef: z
      .object({
        name: text('Name of the Kustomization.'),
        namespace: text('Namespace of the Kustomization; by default the one of this resource.').optional(),
      })
      .describe('The same digest is healthy in what this Kustomization applies.')
      .optional(),
    rolloutSelector: labelSelector('The same digest is healthy in a Rollout with these labels.').optional(),
    healthyFor: duration('How long without interruption; by default at all.').optional(),
    kubeConfig: z
      .object({
        secretRef: z
          .object({
            name: text('Name of the Secret.'),
            key: text('Key that holds the kubeconfig; by default value, then value.yaml.').optional(),
          })
          .describe('Secret with a kubeconfig.'),
      })
      .describe('The cluster where the Rollouts are; by default the one of this resource.')
      .optional(),
  }),
  'Where the same digest must be healthy before.',
  [
    {
      rule: 'has(self.kustomizationRef) != has(self.rolloutSelector)',
      message: 'exactly one of kustomizationRef and rolloutSelector must be set',
      holds: ({ kustomizationRef, rolloutSelector }) => (kustomizationRef === undefined) !== (rolloutSelector === undefined),
    },
  ],
);

const gateSchema = z
  .object({
    url: text('Address that is asked by POST with the candidate as JSON; http or https.'),
    expression: text('CEL over response (status, body) and candidate; the bump lands only where it is true.'),
    timeout: duration('How long to wait for an answer; at most 1m.').default('10s'),
    cacheFor: duration('How long an answer counts; at least 1s.').default('1m'),
    secretRef: localReference(
      'Secret with token (sent as a bearer token), or username and password; with ca.crt, only that authority is trusted.',
    ).optional(),
  })
  .describe('An answer from outside; where there is none, nothing lands.');

const limitsSchema = z
  .object({
    perHour: z.int().min(1).meta({ description: 'Bumps that land within any hour.', format: 'int64' }).optional(),
    maxConcurrentRollouts: z
      .int()
      .min(1)
      .meta({ description: 'Bumps that have landed and are not healthy yet.', format: 'int64' })
      .optional(),
  })
  .describe('How many bumps at a time, for each branch that is written.');

const holdSchema = withRules(
  z.object({
    policy: text('Name of the ImagePolicy; namespace/name in a guard that binds all namespaces.'),
    tags: z.array(z.string()).max(256).describe('Tags that must not land.').optional(),
    range: text('Range of versions that must not land, such as >=2.0.0.').optional(),
    digests: z
      .array(z.string().regex(/^sha256:[0-9a-f]{64}$/))
      .max(256)
      .describe('Digests that must not land, whatever their tag; only another digest ends this.')
      .optional(),
    until: time('When the hold ends; by default never.').optional(),
    reason: text('Why; shown to whoever waits.').optional(),
    by: text('Who says so.').optional(),
  }),
  'Versions that somebody does not want.',
  [
    {
      rule: 'has(self.tags) || has(self.range) || has(self.digests)',
      message: 'a hold names tags, a range or digests',
      holds: ({ tags, range, digests }) => tags !== undefined || range !== undefined || digests !== undefined,
    },
  ],
);

export const updateGuardSpecSchema = z
  .object({
    policySelector: labelSelector(
      'The ImagePolicies that are guarded, by their labels; by default all. Of the namespace, or of all where this guard binds all.',
    ).optional(),
    windows: z.array(windowSchema).min(1).max(64).describe('A bump lands only inside one of these.').optional(),
    freezes: z.array(freezeSchema).max(64).describe('No bump lands inside one of these.').optional(),
    soak: duration('How long ago the digest of the tag was first seen, at least.').optional(),
    platforms: z
      .array(z.string().regex(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9]+)?$/))
      .max(16)
      .describe('The image is there for all of these, such as linux/amd64; otherwise the next best tag that is.')
      .optional(),
    verify: z
      .array(verifySchema)
      .max(8)
      .describe('The image is signed, by each of these; otherwise the next best tag that is. Its digest is what lands.')
      .optional(),
    requires: z.array(requirementSchema).max(16).describe('Where the same digest must have been healthy before.').optional(),
    gate: gateSchema.optional(),
    limits: limitsSchema.optional(),
    holds: z.array(holdSchema).max(256).describe('Versions that must not land.').optional(),
    delivery: z
      .enum(['Push', 'PullRequest'])
      .describe('How bumps land; by default Push. Where guards differ, PullRequest.')
      .optional(),
    onUnhealthy: z
      .enum(['Notify', 'Rollback', 'Ignore'])
      .describe(
        'What to do where a bump makes its workloads ill; by default Notify. Where guards differ, Rollback before Notify before Ignore.',
      )
      .optional(),
    healthTimeout: duration(
      'How long a bump may take to become healthy; by default 10m. Where guards differ, the shortest.',
    ).optional(),
  })
  .describe('What must be true before a bump lands, and what happens afterwards.');

const guardedSchema = z
  .object({
    policy: text('The ImagePolicy, as namespace/name.'),
    automation: text(
      'The ImageUpdateAutomation that would write, as namespace/name; absent for a newer tag that was not picked.',
    ).optional(),
    candidate: text('What waits, with tag and digest as far as they are known.'),
    decision: z
      .enum(['Wait', 'Refuse'])
      .describe('Wait: it lands when the reason is gone. Refuse: somebody has to change something first.'),
    reason: text('One word for programs that tells why: OutsideWindow, Frozen, Soaking and others.'),
    message: text('A sentence for people that tells why.'),
    until: time('When it can land at the earliest, as far as that is known.').optional(),
  })
  .describe('A bump that this guard keeps from landing.');

const seenSchema = z
  .object({
    image: text('The image without tag.'),
    tag: text('The tag.'),
    digest: text('What the tag pointed at.'),
    at: time('When that was first seen.'),
  })
  .describe('When a digest was first seen at a tag.');

export const updateGuardStatusSchema = z
  .object({
    ...commonStatus,
    selected: z.array(z.string()).describe('The ImagePolicies that were selected last, as namespace/name.').optional(),
    closed: z
      .array(z.string())
      .describe('The ImagePolicies that this guard closes since it cannot be obeyed, as namespace/name.')
      .optional(),
    guarded: z.array(guardedSchema).describe('What waits, and why.').optional(),
    seen: z.array(seenSchema).describe('What counts for soak.').optional(),
    answer: text('What became of what the annotation tagalong.dev/request asks for, as JSON.').optional(),
  })
  .describe('What the guard selects, and what waits for it.');

export type UpdateGuardSpec = z.output<typeof updateGuardSpecSchema>;
export type UpdateGuardStatus = z.output<typeof updateGuardStatusSchema>;
export type UpdateGuard = ResourceOf<'UpdateGuard', UpdateGuardSpec, UpdateGuardStatus>;
export type GuardedBump = NonNullable<UpdateGuardStatus['guarded']>[number];
