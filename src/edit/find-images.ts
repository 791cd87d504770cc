import type { Marker, MarkerPart, ObjectIdentity } from '../core/index.ts';
import { findMarkers, scalarValue } from './find-markers.ts';
import { type ImageReference, isImageName, parseImageReference } from './image-reference.ts';
import { describeNoPlace } from './marker-place.ts';
import { parseText } from './parse-text.ts';
import { createSealCheck, type SealCheck } from './sops-seal.ts';
import { type PlacedScalar, walkScalars } from './walk-scalars.ts';

/** A value of a file that is an image or a part of one. */
export interface ImageField {
  readonly file: string;
  /** 1-based, of the value. */
  readonly line: number;
  readonly column: number;
  /** Offset of the value's source text. */
  readonly start: number;
  readonly value: string;
  readonly part: MarkerPart;
  /** The whole image that it belongs to, as its parts are written in the file. */
  readonly image: ImageReference;
  readonly object: ObjectIdentity;
  /** `spec.template.spec.containers[web].image`. */
  readonly path: string;
  /** What is there already. */
  readonly marker: Marker | null;
  /** Why no marker can be put here; null where one can. */
  readonly obstacle: string | null;
}

export type FoundImages =
  | { readonly kind: 'found'; readonly fields: readonly ImageField[] }
  | { readonly kind: 'unparsable'; readonly message: string; readonly line?: number; readonly column?: number };

/** Every value of a file that a marker could keep: whole images, and tags, names and digests that stand by themselves. Pure. */
export function findImages(file: string, text: string): FoundImages {
  const parsed = parseText(text);
  if (parsed.kind === 'unparsable') return { kind: 'unparsable', message: parsed.message, ...parsed.position };
  const marked = new Map(findMarkers(file, text).markers.map((marker) => [marker.start, marker] as const));
  const sealOf = createSealCheck(parsed.documents);
  const fields = parsed.documents.flatMap((document, index) =>
    groupBySiblings(walkScalars(document.contents, index), file)
      .flatMap((siblings) => findIn(siblings))
      .map(({ placed, part, image, obstacle }): ImageField => {
        const [start = 0, end = 0] = placed.scalar.range ?? [];
        const { object, path } = placed;
        const marker = marked.get(start) ?? null;
        const because =
          obstacle ?? whyNot(placed, sealOf, describeNoPlace(placed, { text, comments: parsed.comments, start, end }));
        const at = { file, ...parsed.positionOf(start), start, value: scalarValue(placed) };
        return { ...at, part, image, object, path, marker, obstacle: marker === null ? because : null };
      }),
  );
  return { kind: 'found', fields: fields.toSorted((a, b) => a.start - b.start) };
}

function whyNot(placed: PlacedScalar, sealOf: SealCheck, noPlace: string | null): string | null {
  const seal = sealOf(placed);
  return seal === null ? noPlace : 'SOPS protects this value';
}

/** The scalars of one mapping, by their key. */
interface Siblings {
  readonly steps: readonly (string | number)[];
  readonly byKey: ReadonlyMap<string, PlacedScalar>;
  readonly isKustomization: boolean;
}

interface Candidate {
  readonly placed: PlacedScalar;
  readonly part: MarkerPart;
  readonly image: ImageReference;
  readonly obstacle: string | null;
}

function groupBySiblings(scalars: Iterable<PlacedScalar>, file: string): Siblings[] {
  const groups = new Map<
    string,
    { steps: readonly (string | number)[]; byKey: Map<string, PlacedScalar>; isKustomization: boolean }
  >();
  for (const placed of scalars) {
    const key = placed.steps.at(-1);
    if (typeof key !== 'string' || isNoWorkload(placed.object)) continue;
    const steps = placed.steps.slice(0, -1);
    const place = JSON.stringify(steps);
    const group = groups.get(place) ?? { steps, byKey: new Map(), isKustomization: isKustomizationFile(placed.object, file) };
    groups.set(place, group);
    group.byKey.set(key, placed);
  }
  return [...groups.values()];
}

/** The bot's own kinds name images without running them; definitions describe fields. */
function isNoWorkload({ apiVersion, kind }: ObjectIdentity): boolean {
  return (
    /^(image\.toolkit\.fluxcd\.io|tagalong\.dev)\//.test(apiVersion) || kind === 'CustomResourceDefinition' || kind === 'Secret'
  );
}

function isKustomizationFile({ apiVersion, kind }: ObjectIdentity, file: string): boolean {
  if (apiVersion.startsWith('kustomize.config.k8s.io/')) return true;
  return kind === '' && /(^|\/)(kustomization\.ya?ml|Kustomization)$/.test(file);
}

function findIn(siblings: Siblings): Candidate[] {
  return isImagesItem(siblings) ? findOverride(siblings) : [...findWhole(siblings), ...findPair(siblings)];
}

/** An item of `images:` of a kustomization.yaml, or of `spec.images` of Flux's Kustomization. */
function isImagesItem({ steps, byKey, isKustomization }: Siblings): boolean {
  const [last, list] = [steps.at(-1), steps.at(-2)];
  if (typeof last !== 'number' || list !== 'images' || !byKey.has('name')) return false;
  if (isKustomization && steps.length === 2) return true;
  const [first] = byKey.values();
  return first !== undefined && first.object.kind === 'Kustomization' && steps.at(-3) === 'spec';
}

function findOverride({ byKey }: Siblings): Candidate[] {
  return partsOf(
    byKey,
    { name: byKey.has('newName') ? 'newName' : 'name', tag: 'newTag', digest: 'digest' },
    byKey.has('newName'),
  );
}

/** `image: name:tag`, and keys such as `sidecarImage`; for an image volume `image.reference`. */
function findWhole({ byKey, steps }: Siblings): Candidate[] {
  return [...byKey].flatMap(([key, placed]): Candidate[] => {
    const isImage = /^image$|Image$|_image$/.test(key) || (key === 'reference' && steps.at(-1) === 'image');
    if (!isImage) return [];
    const value = scalarValue(placed);
    const built = value.includes('${') || value.includes('{{');
    if (built) return [{ placed, part: 'image' as const, image: { name: value }, obstacle: substituted }];
    const image = parseImageReference(value);
    if (image === null || (!looksLikeImage(placed, key) && image.tag === undefined && image.digest === undefined)) return [];
    return [{ placed, part: 'image' as const, image, obstacle: null }];
  });
}

/** `image: web` outside of a container may be anything: a name of a picture, a key. */
function looksLikeImage({ steps, object }: PlacedScalar, key: string): boolean {
  return key === 'image' && object.kind !== '' && /^(init|ephemeral)?containers$/i.test(String(steps.at(-3) ?? ''));
}

const substituted = 'the value is put together when it is applied (a variable or a template); mark the place that sets it';

/** `repository` and `tag`, as charts have them, and `name` and `tag` below `image`. */
function findPair({ byKey, steps }: Siblings): Candidate[] {
  const name = byKey.has('repository') ? 'repository' : /image$/i.test(String(steps.at(-1) ?? '')) ? 'name' : null;
  if (name === null || !byKey.has(name) || !(byKey.has('tag') || byKey.has('digest'))) return [];
  return partsOf(byKey, { name, tag: 'tag', digest: 'digest' }, !byKey.has('registry'));
}

interface Keys {
  readonly name: string;
  readonly tag: string;
  readonly digest: string;
}

/** `ownsName`: the name stands whole in a field of its own, so that a policy may write it. */
function partsOf(byKey: Siblings['byKey'], keys: Keys, ownsName: boolean): Candidate[] {
  const textOf = (key: string) => {
    const placed = byKey.get(key);
    return placed === undefined ? '' : scalarValue(placed);
  };
  const registry = keys.name === 'repository' ? textOf('registry') : '';
  const name = registry === '' ? textOf(keys.name) : `${registry.replace(/\/+$/, '')}/${textOf(keys.name)}`;
  const [tag, digest] = [textOf(keys.tag), textOf(keys.digest)];
  const isBuilt = [name, tag, digest].some((text) => text.includes('${') || text.includes('{{'));
  if (!isBuilt && !isImageName(name)) return [];
  const image = { name, ...(tag === '' ? {} : { tag }), ...(digest === '' ? {} : { digest }) };
  const candidate = (key: string, part: MarkerPart): Candidate[] => {
    const placed = byKey.get(key);
    return placed === undefined || scalarValue(placed) === ''
      ? []
      : [{ placed, part, image, obstacle: isBuilt ? substituted : null }];
  };
  const named = ownsName && (tag !== '' || digest !== '') ? candidate(keys.name, 'name') : [];
  return [...named, ...candidate(keys.tag, 'tag'), ...candidate(keys.digest, 'digest')];
}
