import { findNotImplemented, type ImagePolicy, type ImageRepository } from '../api/index.ts';
import { errorMessage, type FileProblem, formatKey, type ImageRef, keyOf } from '../core/index.ts';
import { compileExclusions, compileTagPolicy, excludeTags, selectTag } from '../select/index.ts';
import type { ListTags } from './list-tags.ts';
import type { Session } from './session.ts';
import type { Placed, UpdateResources } from './update-resources.ts';

export interface Selections {
  /** By `namespace/name` of the policy. */
  readonly selections: ReadonlyMap<string, ImageRef>;
  readonly problems: readonly FileProblem[];
  readonly notes: readonly FileProblem[];
}

/** What the files say was picked last: `status.latestRef`. */
export function pickOffline({ policies }: UpdateResources): Selections {
  const selections = new Map<string, ImageRef>();
  const notes: FileProblem[] = [];
  for (const { file, line, object } of policies) {
    const ref = lastAnswer(object);
    const key = keyOf(object);
    if (ref === null)
      notes.push({ file, line, message: `ImagePolicy ${key} has no status.latestRef; its markers stay as they are` });
    else selections.set(key, ref);
  }
  return { selections, problems: [], notes };
}

function lastAnswer({ status }: ImagePolicy): ImageRef | null {
  const ref = status?.latestRef;
  return ref === undefined ? null : { name: ref.name, tag: ref.tag, ...(ref.digest ? { digest: ref.digest } : {}) };
}

/**
 * What the policies pick of what the registries list now. Where a registry does not answer, or nothing matches, the last answer in the
 * policy's file stays, as it does in a cluster; without one that is a problem and the markers stay as they are.
 */
export async function pickOnline(resources: UpdateResources, session: Session): Promise<Selections> {
  const { withTagLister } = await import('./list-tags.ts');
  return withTagLister(session, async (listTags) => {
    const listings = new Map(
      resources.repositories.map((repository) => [keyOf(repository.object), listOnce(repository, resources, listTags)] as const),
    );
    const picked = await Promise.all(resources.policies.map((policy) => pick(policy, listings)));
    return {
      selections: new Map(picked.flatMap(({ key, ref }) => (ref === undefined ? [] : [[key, ref] as const]))),
      problems: picked.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
      notes: picked.flatMap(({ note }) => (note === undefined ? [] : [note])),
    };
  });
}

interface Picked {
  readonly key: string;
  readonly ref?: ImageRef;
  readonly problem?: FileProblem;
  readonly note?: FileProblem;
}

/** Asks when the first policy wants to know, and remembers the answer, also if it is an error. */
function listOnce(
  { object }: Placed<ImageRepository>,
  { secrets }: UpdateResources,
  listTags: ListTags,
): () => Promise<{ image: string; tags: string[] }> {
  const { namespace } = object.metadata;
  const readSecret = (name: string) =>
    secrets.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace) ?? null;
  let answer: Promise<{ image: string; tags: string[] }> | undefined;
  const list = async () => {
    if (object.spec.suspend === true) throw new Error(`ImageRepository ${keyOf(object)} is suspended`);
    const compiled = compileExclusions(object.spec.exclusionList);
    if (compiled.kind === 'invalid') throw new Error(compiled.reason);
    const { tags } = await listTags(object, readSecret);
    return { image: object.spec.image, tags: excludeTags(compiled.exclusions, tags).kept };
  };
  return () => {
    answer ??= list();
    return answer;
  };
}

async function pick(
  { file, line, object }: Placed<ImagePolicy>,
  listings: ReadonlyMap<string, () => Promise<{ image: string; tags: string[] }>>,
): Promise<Picked> {
  const key = keyOf(object);
  const fail = (because: string): Picked => ({ key, problem: { file, line, message: `ImagePolicy ${key}: ${because}` } });
  const stay = (because: string): Picked => {
    const ref = lastAnswer(object);
    if (ref === null) return fail(because);
    const message = `ImagePolicy ${key}: ${because}; its last answer, status.latestRef ${ref.name}:${ref.tag}, is used`;
    return { key, ref, note: { file, line, message } };
  };
  if (object.spec.suspend === true)
    return { key, note: { file, line, message: `ImagePolicy ${key} is suspended; its markers stay as they are` } };
  const [gap] = findNotImplemented(object);
  if (gap !== undefined) return fail(gap);
  const compiled = compileTagPolicy(object.spec, object.metadata.annotations);
  if (compiled.kind === 'invalid') return fail(compiled.reason);
  const { name, namespace = object.metadata.namespace ?? '' } = object.spec.imageRepositoryRef;
  const list = listings.get(formatKey({ namespace, name }));
  if (list === undefined) return fail(`ImageRepository ${formatKey({ namespace, name })} is not among the policies`);
  try {
    const { image, tags } = await list();
    const choice = selectTag(compiled.policy, tags);
    return choice.kind === 'none' ? stay(choice.reason) : { key, ref: { name: image, tag: choice.tag } };
  } catch (error) {
    return stay(errorMessage(error));
  }
}
