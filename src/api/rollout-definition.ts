import { ageColumn, type KindDefinition } from './kind-definition.ts';
import { rolloutKind, rolloutSpecSchema, rolloutStatusSchema } from './rollout.ts';

export const rolloutDefinition: KindDefinition = {
  ...rolloutKind,
  description:
    'The life of one bump, from the commit to health or back. Written by the bot; the last ones of each automation are kept.',
  shortNames: ['rollout'],
  categories: ['tagalong'],
  columns: [
    { name: 'Policy', type: 'string', jsonPath: '.spec.policy.name' },
    { name: 'Tag', type: 'string', jsonPath: '.spec.image.tag' },
    { name: 'From', type: 'string', jsonPath: '.spec.image.previousTag' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Commit', type: 'string', jsonPath: '.spec.commit', priority: 1 },
    { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message', priority: 1 },
    ageColumn,
  ],
  spec: rolloutSpecSchema,
  status: rolloutStatusSchema,
  gaps: [],
};
