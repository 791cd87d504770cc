import { versionStyleOf } from '../../api/index.ts';
import { formatKey, keyOf, type NamespacedName } from '../../core/index.ts';
import { type ImageField, type ProposedTagPolicy, proposeTagPolicy } from '../../edit/index.ts';
import { compileTagPolicy, passesPolicy, type TagPolicySpec } from '../../select/index.ts';
import { type Answer, type Known, leave } from './assign-policies.ts';
import { canonicalImage } from './canonical-image.ts';

/** An ImagePolicy to write, and its ImageRepository where that is missing too. */
export interface NewPolicy extends NamespacedName {
  readonly image: string;
  readonly repository: NamespacedName & { readonly isNew: boolean };
  readonly proposal: Extract<ProposedTagPolicy, { kind: 'policy' }>;
  /** Somewhere a digest is pinned. */
  readonly reflectsDigest: boolean;
}

export interface NewPolicies {
  readonly made: readonly NewPolicy[];
  answer(field: ImageField): Answer;
}

/** One policy for each image that has none (or for each name that was chosen), by the tag that its values have in common. Pure. */
export function createNewPolicies(
  fields: readonly ImageField[],
  known: Known,
  wantsNew: (field: ImageField) => boolean,
): NewPolicies {
  const keyFor = (field: ImageField) => {
    const chosen = known.choices.of(field);
    return chosen === null ? canonicalImage(field.image.name) : `\0${formatKey(chosen)}`;
  };
  const taken = new Set([...known.policies, ...known.repositories].map(keyOf));
  const made: Making['made'] = new Map();
  const decided = new Map<string, NewPolicy | string>();
  for (const [key, group] of Map.groupBy(fields.filter(wantsNew), keyFor)) {
    decided.set(key, makePolicy(group, { ...known, taken, made }));
  }
  return {
    made: [...decided.values()].filter((found) => typeof found !== 'string'),
    answer: (field) => {
      const found = decided.get(keyFor(field)) ?? 'no ImagePolicy is of this image';
      if (typeof found === 'string') return leave(found, !isHopeless(field));
      if (known.createsPolicies)
        return {
          kind: 'policy',
          policy: { namespace: found.namespace, name: found.name },
          existing: null,
          repository: found.image,
        };
      return leave(`no ImagePolicy is of ${field.image.name}; --create-policies would write one: ${found.proposal.because}`);
    },
  };
}

/** Nothing that a person says on the command line gives an order to it. */
function isHopeless({ image }: ImageField): boolean {
  return image.tag === undefined || proposeTagPolicy(image.tag).kind === 'none';
}

interface Making extends Known {
  readonly taken: Set<string>;
  /** By namespace and canonical name. */
  readonly made: Map<string, NamespacedName & Pick<NewPolicy, 'image'>>;
}

type Scanned = NewPolicy['repository'] & Pick<NewPolicy, 'image'>;

function makePolicy(group: readonly ImageField[], making: Making): NewPolicy | string {
  const [field] = group;
  if (field === undefined) return 'nothing';
  const tags = [...new Set(group.flatMap(({ image }) => image.tag ?? []))];
  const [tag] = tags;
  if (tag === undefined)
    return field.image.digest === undefined
      ? 'it has no tag, which means latest: give it the tag of a version'
      : 'it is a digest alone, which names no version: write name:tag@digest';
  if (tags.length > 1)
    return `${field.image.name} stands at several tags (${tags.slice(0, 4).join(', ')}), and one policy would bring them all to the same; name a policy for each place by --policy FOLDER=NAME`;
  const proposal = proposeTagPolicy(tag);
  if (proposal.kind === 'none') return proposal.because;
  if (!accepts(proposal, tag)) return `no policy is known that takes ${JSON.stringify(tag)}`;
  const chosen = making.choices.of(field);
  if (chosen !== null && canonicalNames(group).length > 1)
    return `--policy names ${formatKey(chosen)} for several images: ${canonicalNames(group).join(', ')}`;
  const name = chosen?.name ?? freeName(field.image.name, making);
  const namespace = chosen?.namespace ?? making.namespace;
  making.taken.add(formatKey({ namespace, name }));
  const { image, ...repository } = repositoryFor(field.image.name, { namespace, name }, making);
  return { namespace, name, image, repository, proposal, reflectsDigest: group.some((one) => one.image.digest !== undefined) };
}

function canonicalNames(group: readonly ImageField[]): string[] {
  return [...new Set(group.map(({ image }) => canonicalImage(image.name)))];
}

/** A proposal that would pass over what is in use would be wrong. */
function accepts({ policy, filterTags, annotations }: NewPolicy['proposal'], tag: string): boolean {
  const spec = { policy, ...(filterTags === undefined ? {} : { filterTags }) } as TagPolicySpec;
  const compiled = compileTagPolicy(spec, versionStyleOf(annotations));
  return compiled.kind === 'compiled' && passesPolicy(compiled.policy, tag);
}

/** The last part of the image's name; with the one before it, or a number, where that is taken. */
function freeName(image: string, { taken, namespace }: Making): string {
  const parts = image
    .replace(/:[0-9]+\//, '/')
    .split('/')
    .map(cleanName)
    .filter((part) => part !== '');
  const last = parts.at(-1) ?? 'image';
  const longer = cleanName(parts.slice(-2).join('-'));
  const isFree = (name: string) => !taken.has(formatKey({ namespace, name }));
  for (const name of [last, longer]) if (isFree(name)) return name;
  for (let number = 2; ; number += 1) if (isFree(`${longer}-${number}`)) return `${longer}-${number}`;
}

function cleanName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
}

/** The one that is there in the namespace, or that another policy of this run brings; else a new one of the policy's name. */
function repositoryFor(image: string, policy: NamespacedName, { repositories, made }: Making): Scanned {
  const key = `${policy.namespace} ${canonicalImage(image)}`;
  const existing = repositories.find(
    ({ metadata, spec }) => metadata.namespace === policy.namespace && canonicalImage(spec.image) === canonicalImage(image),
  );
  const found =
    existing === undefined
      ? made.get(key)
      : { namespace: policy.namespace, name: existing.metadata.name, image: existing.spec.image };
  if (found !== undefined) return { ...found, isNew: false };
  made.set(key, { ...policy, image });
  return { ...policy, image, isNew: true };
}
