import type { KindRegistry } from '../kinds/kind-registry.ts';
import type { ResourceType } from '../kinds/resource-type.ts';

/** What a URL below /api or /apis names. `name` is '' for a collection. */
export interface Target {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

/** Null where nothing is served at that path. */
export function parseTarget(kinds: KindRegistry, path: string): Target | null {
  const segments = decodeSegments(path);
  if (segments === null) return null;
  const [root, ...rest] = segments;
  const [group, version, ...parts] = root === 'api' ? ['', ...rest] : rest;
  if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined || parts.length === 0) return null;
  const { namespace, plural, name, subresource, isTooLong } = splitParts(parts);
  const type = kinds.find(group, version, plural);
  if (type === undefined || isTooLong || !hasSubresource(type, subresource)) return null;
  const isPlaced = type.namespaced ? namespace !== '' || name === '' : namespace === '';
  return isPlaced ? { type, namespace, name, subresource } : null;
}

function decodeSegments(path: string): string[] | null {
  try {
    const segments = path.split('/').slice(1).map(decodeURIComponent);
    if (segments.at(-1) === '') segments.pop();
    return segments.includes('') ? null : segments;
  } catch {
    return null; // a broken percent escape
  }
}

function splitParts(parts: readonly string[]): {
  namespace: string;
  plural: string;
  name: string;
  subresource: string;
  isTooLong: boolean;
} {
  const [first = '', second = '', third = ''] = parts;
  const isNamespaced = first === 'namespaces' && parts.length >= 3 && third !== 'status' && third !== 'finalize';
  const rest = isNamespaced ? parts.slice(2) : parts;
  const [plural = '', name = '', subresource = ''] = rest;
  return { namespace: isNamespaced ? second : '', plural, name, subresource, isTooLong: rest.length > 3 };
}

function hasSubresource(type: ResourceType, subresource: string): boolean {
  switch (subresource) {
    case '':
      return true;
    case 'status':
      return type.hasStatus;
    case 'scale':
      return type.scale !== null;
    case 'finalize':
      return type.hasFinalize;
    default:
      return false;
  }
}
