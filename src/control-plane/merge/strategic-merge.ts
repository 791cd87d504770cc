import type { Schema } from '../schema/schema.ts';
import { applyMergePatch } from './merge-patch.ts';

export function applyStrategicMerge(_schema: Schema, current: unknown, patch: unknown): unknown {
  return applyMergePatch(current, patch);
}
