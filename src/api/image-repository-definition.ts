import { imageRepositoryKind, imageRepositorySpecSchema, imageRepositoryStatusSchema } from './image-repository.ts';
import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';

export const imageRepositoryDefinition: KindDefinition = {
  ...imageRepositoryKind,
  description: 'An image whose tags are listed.',
  shortNames: ['imgrepo', 'imagerepo'],
  categories: [],
  columns: [
    { name: 'Image', type: 'string', jsonPath: '.spec.image' },
    { name: 'Tags', type: 'string', jsonPath: '.status.lastScanResult.tagCount' },
    readyColumn,
    statusColumn,
    { name: 'Last scan', type: 'string', jsonPath: '.status.lastScanResult.scanTime', priority: 1 },
    ageColumn,
  ],
  spec: imageRepositorySpecSchema,
  status: imageRepositoryStatusSchema,
  gaps: [],
};
