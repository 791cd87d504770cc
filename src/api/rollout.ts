import { z } from 'zod';
import { integer, localReference, text, time } from './field.ts';
import type { ResourceOf } from './object-meta.ts';
import { commonStatus } from './status-field.ts';

export const rolloutKind = {
  group: 'tagalong.dev',
  version: 'v1alpha1',
  kind: 'Rollout',
  plural: 'rollouts',
} as const;

const objectSchema = z
  .object({
    apiVersion: text('Its apiVersion; empty where the file holds no Kubernetes object.'),
    kind: text('Its kind.'),
    namespace: text('Its namespace, as the file has it.'),
    name: text('Its name.'),
  })
  .describe('The object of the file.');

const changeSchema = z
  .object({
    file: text('From the root of the repository.'),
    object: objectSchema,
    path: text('Where in the object, such as spec.template.spec.containers[web].image.'),
    part: z.enum(['image', 'tag', 'name', 'digest']).describe('Which part of the image stands there.'),
    from: text('The value before.'),
    to: text('The value after.'),
  })
  .describe('One value that the bump changed.');

const waitSchema = z
  .object({
    reason: text('One word for programs that tells why it waited.'),
    message: text('A sentence for people that tells why.'),
    from: time('When it began to wait for that.'),
  })
  .describe('What the bump waited for.');

const beforeSchema = z
  .object({
    kustomization: text('The Kustomization that applies it, as namespace/name.'),
    kind: text('Its kind.'),
    namespace: text('Its namespace.'),
    name: text('Its name.'),
    fingerprint: text('What it was made of, but for the image.'),
    healthyAt: time('When it was last seen healthy with the previous image.'),
  })
  .describe('A workload that was healthy with the previous image.');

export const rolloutSpecSchema = z
  .object({
    automation: localReference('The ImageUpdateAutomation of this cluster that follows the bump.'),
    writer: text('Who made the commit, as its trailer says: cluster/namespace/name. Only that automation may undo it.'),
    policy: localReference('The ImagePolicy whose pick this is.'),
    image: z
      .object({
        name: text('Image name, without tag and digest.'),
        tag: text('Tag that landed.'),
        digest: text('What the tag pointed at, as far as that was known.').optional(),
        previousTag: text('Tag that was there before; absent where several were.').optional(),
      })
      .describe('What landed.'),
    repository: text('URL of the git repository.'),
    branch: text('Branch of the commit.'),
    commit: text('Object id of the commit.'),
    pullRequest: text('URL of the pull request that brought it.').optional(),
    changes: z.array(changeSchema).describe('What the commit changed for this policy.'),
    seenAt: time('When the tag was first seen in the registry, as far as that is known.').optional(),
    selectedAt: time('When the policy picked the tag, as far as that is known.').optional(),
    waited: z.array(waitSchema).describe('What it waited for before it landed.').optional(),
    committedAt: time('When the commit was made.'),
    before: z.array(beforeSchema).describe('The workloads that were healthy with the previous image when it landed.').optional(),
    landed: z
      .object({
        reason: text('What the person said.'),
        by: text('Who it was, as far as that is known.').optional(),
      })
      .describe('A person let it land past the gates.')
      .optional(),
  })
  .describe('One bump that landed: facts that do not change.');

/** In the order in which a bump that goes well passes them; the last four are other ends. */
export const rolloutPhases = [
  'Selected',
  'Waiting',
  'Committed',
  'Fetched',
  'Applied',
  'Healthy',
  'Failed',
  'Unproven',
  'RolledBack',
  'Superseded',
] as const;

const phase = (description: string) => z.enum(rolloutPhases).describe(description);

const phaseSchema = z
  .object({
    phase: phase('The phase.'),
    at: time('When it was reached.'),
    reason: text('One word for programs that tells more.').optional(),
    message: text('A sentence for people.').optional(),
  })
  .describe('One step of the way.');

const workloadSchema = z
  .object({
    kustomization: text('The Kustomization that applies it, as namespace/name.'),
    kind: text('Its kind.'),
    namespace: text('Its namespace.'),
    name: text('Its name.'),
    state: z
      .enum(['Healthy', 'Progressing', 'Failed', 'Unproven'])
      .describe(
        'Healthy: it is as it should be, and a pod with the new image is ready. Unproven: there is no such pod to be seen.',
      ),
    message: text('A sentence for people.').optional(),
    readyPods: integer('How many ready pods run the new image.').optional(),
    digest: text('What these pods run, where they agree.').optional(),
    healthySince: time('Since when it has been healthy without interruption; absent while it is not.').optional(),
  })
  .describe('A workload that runs the image.');

const undoSchema = z
  .object({
    decision: z
      .enum(['Pending', 'Done', 'Withheld'])
      .describe('Pending: it is being taken back. Done: it was. Withheld: it is left to people, and why.'),
    reason: text('One word for programs that tells why.'),
    message: text('A sentence for people.'),
    at: time('When that was decided.'),
    commit: text('The commit that took it back.').optional(),
    by: text('Who took it back.').optional(),
  })
  .describe('Whether the bump is taken back.');

export const rolloutStatusSchema = z
  .object({
    ...commonStatus,
    phase: phase('How far it is.').optional(),
    phases: z.array(phaseSchema).describe('Every step of the way, oldest first.').optional(),
    workloads: z.array(workloadSchema).describe('The workloads that run the image, and how they are.').optional(),
    digest: text('What ready pods run, where they agree.').optional(),
    healthySince: time('Since when all workloads have been healthy without interruption; absent while one is not.').optional(),
    undo: undoSchema.optional(),
  })
  .describe('How far the bump is.');

export type RolloutPhase = (typeof rolloutPhases)[number];
export type RolloutSpec = z.output<typeof rolloutSpecSchema>;
export type RolloutStatus = z.output<typeof rolloutStatusSchema>;
export type RolloutWorkload = NonNullable<RolloutStatus['workloads']>[number];
export type RolloutChange = RolloutSpec['changes'][number];
export type Rollout = ResourceOf<'Rollout', RolloutSpec, RolloutStatus>;
