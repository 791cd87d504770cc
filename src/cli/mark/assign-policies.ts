import type { ImagePolicy, ImageRepository } from '../../api/index.ts';
import { formatKey, keyOf, type NamespacedName } from '../../core/index.ts';
import type { ImageField, MarkerAddition } from '../../edit/index.ts';
import { canonicalImage } from './canonical-image.ts';
import type { Choices } from './choices.ts';
import { createNewPolicies, type NewPolicy } from './new-policies.ts';

/** A value that gets no marker, and why. */
export interface LeftField {
  readonly field: ImageField;
  readonly because: string;
  /** A person could decide; else nothing can be done here. */
  readonly isOpen: boolean;
  /** `namespace:name` of those that it could belong to. */
  readonly candidates: readonly string[];
}

export interface Assignment {
  readonly additions: readonly (MarkerAddition & { readonly field: ImageField })[];
  readonly left: readonly LeftField[];
  readonly created: readonly NewPolicy[];
}

export interface Known {
  readonly repositories: readonly ImageRepository[];
  readonly policies: readonly ImagePolicy[];
  /** Of new resources. */
  readonly namespace: string;
  readonly createsPolicies: boolean;
  readonly choices: Choices;
}

type Answer =
  | {
      readonly kind: 'policy';
      readonly policy: NamespacedName;
      readonly existing: ImagePolicy | null;
      readonly repository: string;
    }
  | (Omit<LeftField, 'field'> & { readonly kind: 'left' });

/** Which policy each value belongs to, by the canonical name of its image. Values with markers are left out. Pure. */
export function assignPolicies(fields: readonly ImageField[], known: Known): Assignment {
  const open = fields.filter(({ marker }) => marker === null);
  const byImage = policiesByImage(known);
  const created = createNewPolicies(open, known, (field) => wantsNew(field, byImage, known));
  const additions: Assignment['additions'][number][] = [];
  const left: LeftField[] = [];
  const torn = new Set(open.filter(({ obstacle, part }) => obstacle !== null && part !== 'name').map(({ image }) => image));
  for (const field of open) {
    const isOptional = field.part === 'name' && (field.obstacle !== null || torn.has(field.image));
    if (isOptional) continue;
    const isTorn = field.obstacle === null && torn.has(field.image);
    const answer = isTorn ? leave(tornApart) : answerFor(field, { byImage, created, known });
    const refused = answer.kind === 'left' ? answer : whyNotBy(field, answer);
    if (refused !== null) left.push({ field, because: refused.because, isOpen: refused.isOpen, candidates: refused.candidates });
    else if (answer.kind === 'policy' && isWritten(field, answer.repository)) additions.push({ field, policy: answer.policy });
  }
  const used = new Set(additions.map(({ policy }) => formatKey(policy)));
  return { additions, left, created: created.made.filter((made) => used.has(formatKey(made))) };
}

/** A tag and a digest of two versions would run an image that its tag does not name. */
const tornApart = 'its other part cannot have a marker, and a tag and a digest go together';

/** A name is handed over only where the policy would write it as it stands; another spelling stays a person's. */
function isWritten({ part, value }: ImageField, repository: string): boolean {
  return part !== 'name' || value === repository;
}

type ByImage = ReadonlyMap<string, readonly { readonly policy: ImagePolicy; readonly image: string }[]>;

function policiesByImage({ repositories, policies }: Known): ByImage {
  const images = new Map(repositories.map((repository) => [keyOf(repository), repository.spec.image] as const));
  const found = policies.flatMap((policy) => {
    const { name, namespace = policy.metadata.namespace ?? '' } = policy.spec.imageRepositoryRef;
    const image = images.get(formatKey({ namespace, name }));
    return image === undefined ? [] : [{ policy, image }];
  });
  return Map.groupBy(found, ({ image }) => canonicalImage(image));
}

function wantsNew(field: ImageField, byImage: ByImage, { choices, policies }: Known): boolean {
  if (field.obstacle !== null) return false;
  const chosen = choices.of(field);
  if (chosen !== null) return !policies.some((policy) => keyOf(policy) === formatKey(chosen));
  return !byImage.has(canonicalImage(field.image.name));
}

interface Sight {
  readonly byImage: ByImage;
  readonly created: ReturnType<typeof createNewPolicies>;
  readonly known: Known;
}

function answerFor(field: ImageField, { byImage, created, known }: Sight): Answer {
  if (field.obstacle !== null) return leave(field.obstacle);
  const candidates = byImage.get(canonicalImage(field.image.name)) ?? [];
  const chosen = known.choices.of(field);
  if (chosen !== null) {
    const found = [...byImage.values()].flat().find(({ policy }) => keyOf(policy) === formatKey(chosen));
    if (found !== undefined && !candidates.includes(found))
      return leave(`ImagePolicy ${formatKey(chosen)} is of ${found.image}, and this is ${field.image.name}`, true);
    return found === undefined ? created.answer(field) : existing(found);
  }
  const [only, second] = candidates;
  if (only !== undefined && second === undefined) return existing(only);
  if (only !== undefined) {
    const names = candidates.map(({ policy }) => keyOf(policy).replace('/', ':'));
    return leave(`${names.length} policies are of ${field.image.name}: ${names.join(', ')}; say which by --policy`, true, names);
  }
  return created.answer(field);
}

function existing({ policy, image }: { policy: ImagePolicy; image: string }): Answer {
  const { namespace = '', name } = policy.metadata;
  return { kind: 'policy', policy: { namespace, name }, existing: policy, repository: image };
}

/** A policy without digests would take the pinned one away, and cannot write one. */
function whyNotBy(
  { image, part }: ImageField,
  answer: Extract<Answer, { kind: 'policy' }>,
): Extract<Answer, { kind: 'left' }> | null {
  const reflects = (answer.existing?.spec.digestReflectionPolicy ?? 'Never') !== 'Never';
  if (answer.existing === null || reflects || image.digest === undefined || part === 'name') return null;
  return leave(
    `a digest is pinned here, and ImagePolicy ${formatKey(answer.policy)} reflects none; set its spec.digestReflectionPolicy`,
    true,
  );
}

export function leave(because: string, isOpen = false, candidates: readonly string[] = []): Extract<Answer, { kind: 'left' }> {
  return { kind: 'left', because, isOpen, candidates };
}

export type { Answer };
