import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';
import { updateGuardKind, updateGuardSpecSchema, updateGuardStatusSchema } from './update-guard.ts';

export const updateGuardDefinition: KindDefinition = {
  ...updateGuardKind,
  description: 'What must be true before a bump lands.',
  shortNames: ['guard', 'guards'],
  categories: ['tagalong'],
  columns: [readyColumn, statusColumn, ageColumn],
  spec: updateGuardSpecSchema,
  status: updateGuardStatusSchema,
  gaps: [],
};
