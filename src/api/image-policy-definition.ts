import { imagePolicyKind, imagePolicySpecSchema, imagePolicyStatusSchema } from './image-policy.ts';
import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';

export const imagePolicyDefinition: KindDefinition = {
  ...imagePolicyKind,
  description: 'A rule that picks one tag of an image.',
  shortNames: ['imgpol', 'imagepol'],
  categories: [],
  columns: [
    { name: 'Image', type: 'string', jsonPath: '.status.latestRef.name' },
    { name: 'Tag', type: 'string', jsonPath: '.status.latestRef.tag' },
    readyColumn,
    statusColumn,
    ageColumn,
  ],
  spec: imagePolicySpecSchema,
  status: imagePolicyStatusSchema,
  gaps: [],
};
