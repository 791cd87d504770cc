import type { AddedImage, BuildAdditions } from './additions.ts';

type Fields = Record<string, unknown>;

/**
 * A kustomization file's content with a spec's additions, as Flux merges them: namespace, prefix, suffix and build metadata replace
 * what stands there, patches and components come after it, and images are merged by name.
 */
export function addToKustomization(kustomization: object, additions: BuildAdditions): object {
  const { targetNamespace, namePrefix, nameSuffix, patches, components, images, buildMetadata } = additions;
  const result: Fields = { ...kustomization };
  replace(result, 'namespace', targetNamespace);
  replace(result, 'namePrefix', namePrefix);
  replace(result, 'nameSuffix', nameSuffix);
  append(result, 'patches', patches);
  append(result, 'components', components);
  if (images !== undefined) result['images'] = mergeImages(takeList(result, 'images'), images);
  replace(result, 'buildMetadata', buildMetadata);
  return result;
}

function replace(fields: Fields, name: string, value: unknown): void {
  if (value === undefined) return;
  take(fields, name);
  fields[name] = value;
}

function append(fields: Fields, name: string, values: readonly unknown[] | undefined): void {
  if (values !== undefined) fields[name] = [...takeList(fields, name), ...values];
}

/** Removes a field and returns what it held: kustomize reads its name whatever the case, and two of one name would contradict. */
function take(fields: Fields, name: string): unknown[] {
  const keys = Object.keys(fields).filter((key) => key.toLowerCase() === name.toLowerCase());
  const values = keys.map((key) => fields[key]);
  for (const key of keys) delete fields[key];
  return values;
}

function takeList(fields: Fields, name: string): unknown[] {
  return take(fields, name).flatMap((value) => (Array.isArray(value) ? value : value === null ? [] : [value]));
}

/** A new tag or digest replaces both of what stood there; a new name alone leaves them. */
function mergeImages(existing: readonly unknown[], added: readonly AddedImage[]): unknown[] {
  const merged = existing.map((image) => ({ ...(image as Partial<AddedImage>) }) as AddedImage);
  for (const image of added) {
    const index = merged.findIndex(({ name }) => name === image.name);
    const before = merged[index];
    if (before === undefined) merged.push(image);
    else merged[index] = mergeImage(before, image);
  }
  return merged;
}

function mergeImage(before: AddedImage, { newName, newTag, digest }: AddedImage): AddedImage {
  const { newTag: _tag, digest: _digest, ...rest } = before;
  const hasVersion = (newTag ?? '') !== '' || (digest ?? '') !== '';
  const version = hasVersion ? { newTag, digest } : { newTag: before.newTag, digest: before.digest };
  return { ...rest, ...version, ...((newName ?? '') === '' ? {} : { newName }) };
}
