import {
  imageUpdateAutomationKind,
  imageUpdateAutomationSpecSchema,
  imageUpdateAutomationStatusSchema,
} from './image-update-automation.ts';
import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';

export const imageUpdateAutomationDefinition: KindDefinition = {
  ...imageUpdateAutomationKind,
  description: 'Writes the picks of policies into a git repository.',
  shortNames: ['iua', 'imgupd', 'imgauto'],
  categories: ['all', 'fluxcd', 'fluxcd-images'],
  columns: [
    readyColumn,
    statusColumn,
    { name: 'Last run', type: 'string', jsonPath: '.status.lastAutomationRunTime', priority: 1 },
    ageColumn,
  ],
  spec: imageUpdateAutomationSpecSchema,
  status: imageUpdateAutomationStatusSchema,
  gaps: [],
};
