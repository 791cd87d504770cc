import { ageColumn, type KindDefinition, readyColumn, statusColumn } from './kind-definition.ts';
import { receiverKind, receiverSpecSchema, receiverStatusSchema } from './receiver.ts';

export const receiverDefinition: KindDefinition = {
  ...receiverKind,
  description: 'A webhook by which registries and git hosts tell that something is new.',
  shortNames: [],
  categories: [],
  columns: [ageColumn, readyColumn, statusColumn],
  spec: receiverSpecSchema,
  status: receiverStatusSchema,
  gaps: [],
};
