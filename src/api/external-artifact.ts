import { z } from 'zod';
import { text } from './field.ts';
import type { ResourceOf } from './object-meta.ts';
import { artifact, conditions } from './status-field.ts';

export const externalArtifactKind = {
  group: 'source.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'ExternalArtifact',
  plural: 'externalartifacts',
} as const;

const producerSchema = z
  .object({
    apiVersion: text('Group and version of the producer.').optional(),
    kind: text('Kind of the producer.'),
    name: text('Name of the producer.'),
    namespace: text('Namespace of the producer; by default the one of this object.').optional(),
  })
  .describe('What produces the artifact; for people.');

export const externalArtifactSpecSchema = z
  .object({ sourceRef: producerSchema.optional() })
  .describe('An artifact that another controller makes and serves.');

export const externalArtifactStatusSchema = z
  .object({ conditions, artifact: artifact('The artifact, as its producer wrote it.').optional() })
  .describe('What the producer says of the artifact.');

export type ExternalArtifactSpec = z.output<typeof externalArtifactSpecSchema>;
/** No generation is observed: its producer has none of ours. */
export type ExternalArtifactStatus = z.output<typeof externalArtifactStatusSchema> & {
  observedGeneration?: never;
  lastHandledReconcileAt?: never;
};
export type ExternalArtifact = ResourceOf<'ExternalArtifact', ExternalArtifactSpec, ExternalArtifactStatus>;
