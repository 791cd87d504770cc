import { oneOf } from './gap.ts';
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
  gaps: [
    { path: 'spec.sourceRef.kind', because: 'only a GitRepository can be a source yet', isNoop: oneOf('GitRepository') },
  ],
};
