import type { KubeObject, ManagedFieldsEntry } from '../core/index.ts';
import { leafPaths } from './field-set.ts';
import { messageAnnotationPrefixes } from './names.ts';

interface ManagerPattern {
  readonly prefix: string;
  readonly operation: 'Apply' | 'Update';
}

/** Managers whose fields Flux takes over, so that what git drops goes: people with kubectl, and itself before server-side apply. */
const cleanedManagers: readonly ManagerPattern[] = [
  { prefix: 'kubectl', operation: 'Apply' },
  { prefix: 'kubectl', operation: 'Update' },
  { prefix: 'before-first-apply', operation: 'Update' },
  { prefix: 'kustomize-controller', operation: 'Update' },
];

/** Our own entry: what we said, and nobody else has changed since. */
export function findApplyEntry(object: Pick<KubeObject, 'metadata'>, fieldManager: string): ManagedFieldsEntry | null {
  const isOurs = ({ manager, operation, subresource }: ManagedFieldsEntry) =>
    manager === fieldManager && operation === 'Apply' && !subresource;
  return object.metadata.managedFields?.find(isOurs) ?? null;
}

/** True for entries that are taken over. One that holds nothing but messages to a controller (`requestedAt`) is left as it is. */
export function isCleanedUp(entry: ManagedFieldsEntry, fieldManager: string): boolean {
  if (entry.subresource || (entry.manager === fieldManager && entry.operation === 'Apply')) return false;
  const matches = cleanedManagers.some(
    ({ prefix, operation }) => (entry.manager ?? '').startsWith(prefix) && entry.operation === operation,
  );
  return matches && !holdsOnlyMessages(entry);
}

function holdsOnlyMessages({ fieldsV1 }: ManagedFieldsEntry): boolean {
  const paths = leafPaths(fieldsV1 ?? {});
  return paths.length > 0 && paths.every(isMessageAnnotation);
}

/** True for the path of an annotation that is a message to a controller. */
export function isMessageAnnotation(path: readonly string[]): boolean {
  const [metadata, annotations, name] = path;
  if (metadata !== 'f:metadata' || annotations !== 'f:annotations' || name === undefined) return false;
  return messageAnnotationPrefixes.some((prefix) => name.startsWith(`f:${prefix}`));
}
