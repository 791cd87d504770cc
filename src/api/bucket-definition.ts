import { bucketKind, bucketSpecSchema, bucketStatusSchema } from './bucket.ts';
import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';

export const bucketDefinition: KindDefinition = {
  ...bucketKind,
  description: 'Objects of an S3-compatible, Google Cloud or Azure storage, as one source that others build from.',
  shortNames: [],
  categories: ['all', 'fluxcd', 'fluxcd-sources'],
  columns: [{ name: 'Endpoint', type: 'string', jsonPath: '.spec.endpoint' }, ageColumn, readyColumn, statusColumn],
  spec: bucketSpecSchema,
  status: bucketStatusSchema,
  gaps: [],
};
