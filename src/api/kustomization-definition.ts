import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';
import { kustomizationKind, kustomizationSpecSchema, kustomizationStatusSchema } from './kustomization.ts';

export const kustomizationDefinition: KindDefinition = {
  ...kustomizationKind,
  description: 'Manifests of a source, kept applied.',
  shortNames: ['ks'],
  categories: ['all', 'fluxcd', 'fluxcd-appliers'],
  columns: [ageColumn, readyColumn, statusColumn],
  spec: kustomizationSpecSchema,
  status: kustomizationStatusSchema,
  gaps: [],
};
