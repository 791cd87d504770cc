import { externalArtifactKind, externalArtifactSpecSchema, externalArtifactStatusSchema } from './external-artifact.ts';
import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';

export const externalArtifactDefinition: KindDefinition = {
  ...externalArtifactKind,
  description: 'An artifact that another controller makes and serves, as a source that Kustomizations build from.',
  shortNames: ['ea'],
  categories: ['all', 'fluxcd', 'fluxcd-sources'],
  columns: [ageColumn, readyColumn, statusColumn, { name: 'Source', type: 'string', jsonPath: '.spec.sourceRef.name' }],
  spec: externalArtifactSpecSchema,
  status: externalArtifactStatusSchema,
  isForeign: true,
  gaps: [],
};
