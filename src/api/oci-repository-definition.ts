import { oneOf } from './gap.ts';
import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';
import { ociRepositoryKind, ociRepositorySpecSchema, ociRepositoryStatusSchema } from './oci-repository.ts';

export const ociRepositoryDefinition: KindDefinition = {
  ...ociRepositoryKind,
  description: 'An artifact of an OCI registry whose content, at one digest, others build from.',
  shortNames: ['ocirepo'],
  categories: ['all', 'fluxcd', 'fluxcd-sources'],
  columns: [{ name: 'URL', type: 'string', jsonPath: '.spec.url' }, readyColumn, statusColumn, ageColumn],
  spec: ociRepositorySpecSchema,
  status: ociRepositoryStatusSchema,
  gaps: [
    {
      path: 'spec.verify.provider',
      because: 'signatures of notation cannot be verified yet; sign with cosign',
      isNoop: oneOf('cosign'),
    },
  ],
};
