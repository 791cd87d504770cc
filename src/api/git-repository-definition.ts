import { gitRepositoryKind, gitRepositorySpecSchema, gitRepositoryStatusSchema } from './git-repository.ts';
import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';

export const gitRepositoryDefinition: KindDefinition = {
  ...gitRepositoryKind,
  description: 'A git repository whose content, at one revision, others build from.',
  shortNames: ['gitrepo'],
  categories: ['all', 'fluxcd', 'fluxcd-sources'],
  columns: [{ name: 'URL', type: 'string', jsonPath: '.spec.url' }, ageColumn, readyColumn, statusColumn],
  spec: gitRepositorySpecSchema,
  status: gitRepositoryStatusSchema,
  gaps: [],
};
