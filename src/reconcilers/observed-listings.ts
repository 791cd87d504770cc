import type { ImagePolicy, ImageRepository } from '../api/index.ts';
import { formatKey, keyOf, type NamespacedName, type Wake } from '../core/index.ts';
import { repositoryOf } from './policy-repository.ts';
import type { TagLists } from './tag-lists.ts';

interface ObservedListings {
  readonly tagLists: TagLists;
  /** As the API told, but that the last scan is the one of this process. */
  findRepository(name: NamespacedName): ImageRepository | undefined;
}

/**
 * Who only observes writes no status, by which the policies would learn of a scan: they are woken, and read the repository as if it
 * had been written.
 */
export function observeListings(
  tagLists: TagLists,
  find: (name: NamespacedName) => ImageRepository | undefined,
  { listPolicies, wake }: { listPolicies(): readonly ImagePolicy[]; wake: Wake },
): ObservedListings {
  const revisions = new Map<string, string>();
  const wakePolicies = (key: string) => {
    for (const policy of listPolicies().filter((one) => formatKey(repositoryOf(one)) === key)) {
      const [namespace = '', name = ''] = keyOf(policy).split('/');
      wake({ kind: policy.kind, namespace, name }, 'its repository was scanned');
    }
  };
  return {
    tagLists: {
      ...tagLists,
      async write(repository, list) {
        await tagLists.write(repository, list);
        revisions.set(formatKey(repository), list.revision);
        wakePolicies(formatKey(repository));
      },
    },
    findRepository(name) {
      const found = find(name);
      const revision = revisions.get(formatKey(name));
      if (found === undefined || revision === undefined) return found;
      const lastScanResult = { tagCount: 0, ...found.status?.lastScanResult, revision };
      return { ...found, status: { ...found.status, lastScanResult } } as ImageRepository;
    },
  };
}
