import { z } from 'zod';
import { text, textMap } from './field.ts';

const requirementSchema = z
  .object({
    key: text('The label.'),
    operator: text('In, NotIn, Exists or DoesNotExist.'),
    values: z
      .array(z.string())
      .meta({ description: 'Values for In and NotIn; empty for the others.', 'x-kubernetes-list-type': 'atomic' })
      .optional(),
  })
  .describe('What a label must be.');

/** metav1.LabelSelector: all of it must hold; an empty one selects everything. */
export const labelSelector = (description: string) =>
  z
    .object({
      matchExpressions: z
        .array(requirementSchema)
        .meta({ description: 'What labels must be, all of it.', 'x-kubernetes-list-type': 'atomic' })
        .optional(),
      matchLabels: textMap('Labels that must have these values.').optional(),
    })
    .meta({ description, 'x-kubernetes-map-type': 'atomic' });
