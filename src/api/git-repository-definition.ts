import { oneOf } from './gap.ts';
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
  gaps: [
    { path: 'spec.provider', because: 'only the login generic is there yet', isNoop: oneOf('generic') },
    { path: 'spec.serviceAccountName', because: 'logging in with a cloud identity is not there yet' },
    { path: 'spec.proxySecretRef', because: 'proxies are not used yet' },
    { path: 'spec.include', because: 'other artifacts are not included yet' },
    { path: 'spec.recurseSubmodules', because: 'submodules are not fetched yet' },
    { path: 'spec.sparseCheckout', because: 'a partial checkout is not there yet' },
    { path: 'spec.verify', because: 'signatures are not verified yet' },
  ],
};
