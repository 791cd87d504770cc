import { findNotImplemented, type ImagePolicy, type ImageRepository, versionStyleOf } from '../api/index.ts';
import {
  errorMessage,
  type FileProblem,
  formatImageRef,
  formatKey,
  type ImageRef,
  type KubeObject,
  keyOf,
  TagalongError,
} from '../core/index.ts';
import type { AccessReader } from '../reconcilers/index.ts';
import { compileExclusions, compileTagPolicy, findExclusion, selectTag } from '../select/index.ts';
import type { TagLister } from './list-tags.ts';
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
  return withTagLister(session, async (lister) => {
    const listings = new Map(
      resources.repositories.map((repository) => [keyOf(repository.object), listOnce(repository, resources, lister)] as const),
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

interface Listing {
  readonly image: string;
  readonly tags: readonly string[];
  digestOf(tag: string): Promise<string | null>;
}

/** Files hold Secrets at most; what needs an API is told. */
function fileReader(secrets: readonly KubeObject[], namespace: string): AccessReader {
  const refuse = (name: string) => {
    throw new TagalongError(
      'SERVICE_ACCOUNT_MISSING',
      `service account '${namespace}/${name}' cannot be used without a cluster; leave out spec.serviceAccountName, and give spec.secretRef or a login of this machine`,
    );
  };
  return {
    readSecret: async (name) => {
      const found = secrets.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
      if (found !== undefined) return found;
      throw new TagalongError('SECRET_MISSING', `failed to get secret '${namespace}/${name}': secrets "${name}" not found`);
    },
    readServiceAccount: async (name) => refuse(name),
    createToken: async (name) => refuse(name),
  };
}

/** As spec.digestReflectionPolicy asks. */
async function withDigest(
  ref: ImageRef,
  policy: ImagePolicy,
  digestOf: (tag: string) => Promise<string | null>,
): Promise<ImageRef> {
  const mode = policy.spec.digestReflectionPolicy ?? 'Never';
  if (mode === 'Never') return ref;
  const last = lastAnswer(policy);
  if (mode === 'IfNotPresent' && last?.digest && last.name === ref.name && last.tag === ref.tag) return last;
  const digest = await digestOf(ref.tag);
  if (digest === null) throw new Error(`failed fetching digest of ${formatImageRef(ref)}: the registry has no such tag any more`);
  return { ...ref, digest };
}

/** Asks when the first policy wants to know, and remembers the answer, also if it is an error. */
function listOnce({ object }: Placed<ImageRepository>, { secrets }: UpdateResources, lister: TagLister): () => Promise<Listing> {
  const reader = fileReader(secrets, object.metadata.namespace ?? '');
  let answer: Promise<Listing> | undefined;
  const list = async () => {
    if (object.spec.suspend === true) throw new Error(`ImageRepository ${keyOf(object)} is suspended`);
    const compiled = compileExclusions(object.spec.exclusionList);
    if (compiled.kind === 'invalid') throw new Error(compiled.reason);
    const { exclusions } = compiled;
    const accepts = (tag: string) => findExclusion(exclusions, tag) === null;
    const { tags } = await lister.list(object, reader, { key: JSON.stringify(object.spec.exclusionList), accepts });
    return { image: object.spec.image, tags, digestOf: (tag: string) => lister.digest(object, reader, tag) };
  };
  return () => {
    answer ??= list();
    return answer;
  };
}

async function pick(
  { file, line, object }: Placed<ImagePolicy>,
  listings: ReadonlyMap<string, () => Promise<Listing>>,
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
  const compiled = compileTagPolicy(object.spec, versionStyleOf(object.metadata.annotations));
  if (compiled.kind === 'invalid') return fail(compiled.reason);
  const { name, namespace = object.metadata.namespace ?? '' } = object.spec.imageRepositoryRef;
  const list = listings.get(formatKey({ namespace, name }));
  if (list === undefined) return fail(`ImageRepository ${formatKey({ namespace, name })} is not among the policies`);
  try {
    const { image, tags, digestOf } = await list();
    const choice = selectTag(compiled.policy, tags);
    if (choice.kind === 'none') return stay(choice.reason);
    return { key, ref: await withDigest({ name: image, tag: choice.tag }, object, digestOf) };
  } catch (error) {
    return stay(errorMessage(error));
  }
}
