import type { z } from 'zod';

/** A rule over several fields: the CEL that an API server evaluates, and the same test for objects that come from files. */
export interface Rule<Value> {
  readonly rule: string;
  readonly message: string;
  holds(value: Value): boolean;
}

/** The schema with rules over its fields, which are checked once each field by itself is right. */
export function withRules<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  description: string,
  rules: readonly Rule<z.output<z.ZodObject<Shape>>>[],
): z.ZodObject<Shape> {
  return schema
    .superRefine((value, context) => {
      for (const { message, holds } of rules) if (!holds(value)) context.addIssue({ code: 'custom', message, input: value });
    })
    .meta({ description, 'x-kubernetes-validations': rules.map(({ rule, message }) => ({ rule, message })) });
}
