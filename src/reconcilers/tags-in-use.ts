import { allowDowngradeAnnotation, type ImagePolicy, type ImageRepository, versionStyleOf } from '../api/index.ts';
import { formatKey, keyOf, nameOf } from '../core/index.ts';
import {
  compileTagPolicy,
  type Exclusions,
  findExclusion,
  orderTags,
  passesPolicy,
  selectTag,
  type TagInUse,
  type TagPolicy,
} from '../select/index.ts';
import { repositoryOf } from './policy-repository.ts';

/**
 * The tags of this image that policies have picked and would pick again. One that may go back (`tagalong.dev/allow-downgrade`), or
 * whose pick it would not take any more, misses nothing.
 */
export function findTagsInUse(
  repository: ImageRepository,
  policies: readonly ImagePolicy[],
  exclusions: Exclusions,
): readonly TagInUse[] {
  const key = formatKey(nameOf(repository));
  return policies.flatMap((policy) => {
    const ref = policy.status?.latestRef;
    const isOurs = formatKey(repositoryOf(policy)) === key && ref?.name === repository.spec.image;
    if (!isOurs || policy.metadata.annotations?.[allowDowngradeAnnotation] === 'true') return [];
    const compiled = compileTagPolicy(policy.spec, versionStyleOf(policy.metadata.annotations));
    if (compiled.kind === 'invalid' || !passesPolicy(compiled.policy, ref.tag)) return [];
    if (findExclusion(exclusions, ref.tag) !== null) return [];
    return [tagInUse(ref.tag, keyOf(policy), compiled.policy)];
  });
}

function tagInUse(tag: string, key: string, policy: TagPolicy): TagInUse {
  const goesForward = (tags: readonly string[]) => {
    const choice = selectTag(policy, tags);
    if (choice.kind === 'none') return false;
    const order = orderTags(policy, choice.tag, tag);
    return order !== 'unordered' && order >= 0;
  };
  return { tag, by: `policy ${key}`, goesForward };
}
