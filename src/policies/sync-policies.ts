import {
  type Cluster,
  describeObject,
  errorMessage,
  type FileProblem,
  type Log,
  type ObjectRef,
  refOf,
  type Store,
} from '../core/index.ts';
import { type Policies, readPolicies } from './read-policies.ts';

export interface SyncResult {
  readonly applied: readonly string[];
  readonly removed: readonly string[];
  readonly problems: readonly FileProblem[];
}

export interface PoliciesSync {
  /** Makes the API hold what the folder holds. One bad file or object stops nothing else and is told among the problems. */
  sync(): Promise<SyncResult>;
}

const fieldManager = 'tagalong-policies';
const inventoryKey = 'policies/inventory.json';

/**
 * Keeps the objects of a folder in an API: applied when they change, deleted when their document is gone. What was applied is remembered
 * in the state folder, so that a file removed while the process was down removes its object too. An emptied folder
 * removes nothing.
 */
export function createPoliciesSync(options: { folder: string; cluster: Cluster; store: Store; log: Log }): PoliciesSync {
  const { folder, cluster, store, log } = options;
  const applied = new Map<string, string>();

  async function applyAll(policies: Policies, problems: FileProblem[]): Promise<string[]> {
    const names: string[] = [];
    for (const { file, line, object } of referencesFirst(policies)) {
      const id = idOf(refOf(object));
      const text = JSON.stringify(object);
      if (applied.get(id) === text) continue;
      try {
        await cluster.apply(object, { fieldManager, force: true });
        applied.set(id, text);
        names.push(describeObject(object));
      } catch (error) {
        problems.push({ file, line, message: errorMessage(error) });
      }
    }
    return names;
  }

  async function removeGone(
    known: readonly ObjectRef[],
    wanted: ReadonlySet<string>,
    problems: FileProblem[],
  ): Promise<{ gone: string[]; kept: ObjectRef[] }> {
    const gone: string[] = [];
    const kept: ObjectRef[] = [];
    for (const ref of known.filter((candidate) => !wanted.has(idOf(candidate)))) {
      try {
        await cluster.delete(ref, { propagation: 'Background' });
        applied.delete(idOf(ref));
        gone.push(`${ref.kind}/${ref.namespace === undefined ? '' : `${ref.namespace}/`}${ref.name}`);
      } catch (error) {
        kept.push(ref);
        problems.push({
          file: folder,
          message: `deleting ${ref.kind} ${ref.name}, whose document is gone: ${errorMessage(error)}`,
        });
      }
    }
    return { gone, kept };
  }

  /** What somebody deleted by hand is nobody's any more; what cannot be looked up stays. */
  async function stillThere(refs: readonly ObjectRef[]): Promise<ObjectRef[]> {
    const isThere = await Promise.all(
      refs.map((ref) =>
        cluster.get(ref).then(
          (object) => object !== null,
          () => true,
        ),
      ),
    );
    for (const [index, ref] of refs.entries()) if (!isThere[index]) applied.delete(idOf(ref));
    return refs.filter((_ref, index) => isThere[index]);
  }

  return {
    async sync() {
      const policies = await readPolicies(folder);
      const problems = [...policies.problems];
      const refs = policies.objects.map(({ object }) => refOf(object));
      const known = await readInventory(store);
      // The inventory grows before the first apply, so that a crash in between orphans nothing.
      await store.write(inventoryKey, JSON.stringify(union(known, refs)));
      const names = await applyAll(policies, problems);
      // Nobody knows what a file with problems is meant to hold: an object whose name stands in one stays.
      const doubtful = known.filter(({ name }) => policies.suspects.some((text) => text.includes(name)));
      // An empty folder is a mount that is missing or a checkout under way far more often than the wish to delete everything.
      const isEmptied = refs.length === 0 && policies.problems.length === 0 && known.length > 0;
      const wanted = new Set(union(isEmptied ? known : refs, doubtful).map(idOf));
      const { gone, kept } = await removeGone(lastNamedFirst(known), wanted, problems);
      const remaining = isEmptied ? await stillThere(known) : refs;
      await store.write(inventoryKey, JSON.stringify(union(remaining, [...doubtful, ...kept])));
      if (isEmptied && remaining.length > 0) problems.push({ file: folder, message: emptiedText });
      if (names.length + gone.length > 0) log.info('policies applied', { applied: names, removed: gone });
      return { applied: names, removed: gone, problems };
    },
  };
}

/** What others name comes before them: nothing is looked for in vain at the first start. */
function referencesFirst({ objects }: Policies): Policies['objects'] {
  return objects.toSorted((a, b) => rankOf(a.object) - rankOf(b.object));
}

/** The other way round for deleting: an object's end may need what it names. */
function lastNamedFirst(refs: readonly ObjectRef[]): ObjectRef[] {
  return refs.toSorted((a, b) => rankOf(b) - rankOf(a));
}

function rankOf({ kind }: { readonly kind: string }): number {
  const found = earlyKinds.indexOf(kind);
  return found < 0 ? earlyKinds.length : found;
}

const emptiedText = 'holds no resource any more; nothing is removed. Put them back, or delete the last ones with kubectl';
const earlyKinds = ['Namespace', 'Secret', 'ConfigMap', 'ServiceAccount', 'GitRepository', 'ImageRepository', 'ImagePolicy'];

async function readInventory(store: Store): Promise<ObjectRef[]> {
  const bytes = await store.read(inventoryKey);
  try {
    return bytes === null ? [] : (JSON.parse(bytes.toString('utf8')) as ObjectRef[]);
  } catch {
    return [];
  }
}

function union(a: readonly ObjectRef[], b: readonly ObjectRef[]): ObjectRef[] {
  return [...new Map([...a, ...b].map((ref) => [idOf(ref), ref])).values()];
}

function idOf({ group, kind, namespace, name }: ObjectRef): string {
  return [group, kind, namespace ?? '', name].join('/');
}
