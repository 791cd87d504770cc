import { z } from 'zod';
import { integer, text, textMap, time } from './field.ts';

const conditionSchema = z
  .object({
    type: z
      .string()
      .max(316)
      .regex(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/)
      .describe('What the condition is about: Ready, Reconciling, Stalled and others.'),
    status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
    reason: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
      .describe('One word for programs that tells why.'),
    message: z.string().max(32768).describe('A sentence for people that tells why.'),
    lastTransitionTime: time('When status, reason or message last changed.'),
    observedGeneration: z
      .int()
      .min(0)
      .meta({ description: 'Generation of the object that was looked at.', format: 'int64' })
      .optional(),
  })
  .describe('One aspect of the current state.');

/** `status.conditions`, a plain list that is written as a whole. */
export const conditions = z.array(conditionSchema).describe('The current state, one entry an aspect.').optional();

/** Fields that the status of every kind has. */
export const commonStatus = {
  conditions,
  observedGeneration: integer('Generation of the spec that was last reconciled to an end.').optional(),
  lastHandledReconcileAt: text(
    'The last value of the annotation reconcile.fluxcd.io/requestedAt that was acted upon.',
  ).optional(),
};

/** `status.artifact` of a source. */
export const artifact = (description: string) =>
  z
    .object({
      path: text('Path of the archive below the root of the artifact storage.'),
      url: text('Where consumers in the cluster download the archive.'),
      revision: text('What was fetched: for git, the ref and the commit.'),
      digest: z
        .string()
        .regex(/^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/)
        .describe('Digest of the archive as algorithm:hex.'),
      lastUpdateTime: time('When the archive was last made.'),
      size: integer('Size of the archive in bytes.').optional(),
      metadata: textMap('Further facts about the source, such as annotations of an OCI manifest.').optional(),
    })
    .describe(description);
