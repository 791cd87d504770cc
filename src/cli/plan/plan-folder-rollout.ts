import { join } from 'node:path';
import { formatKey } from '../../core/index.ts';
import { openWorkTree } from '../../git/index.ts';
import { sourceOf, sourceRefOf } from '../../reconcilers/index.ts';
import { createFolderArtifact } from '../../source/index.ts';
import type { FileChange } from '../plan-folder.ts';
import type { Session } from '../session.ts';
import type { UpdateResources } from '../update-resources.ts';
import { overlayArtifact } from './overlay-artifact.ts';
import { type PlannedRollout, planRollout } from './plan-rollout.ts';

export interface FolderRollout {
  readonly root: string;
  readonly changes: readonly FileChange[];
  readonly resources: UpdateResources;
}

/** What the Kustomizations among the policies would roll out of the folder once its changes are committed. Paths count from the work tree's top. */
export async function planFolderRollout(
  { root, changes, resources }: FolderRollout,
  session: Session,
): Promise<PlannedRollout[]> {
  const kustomizations = ofThisRepository(resources);
  if (changes.length === 0 || kustomizations.length === 0) return [];
  await using tree = await openWorkTree(root);
  const pathOf = (path: string) => tree?.pathOf(join(root, path)) ?? path;
  const before = createFolderArtifact(tree?.top ?? root);
  const edited = changes.map(({ file, after }) => [pathOf(file.path), Buffer.from(after, 'utf8')] as const);
  const question = { kustomizations, before, after: overlayArtifact(before, new Map(edited)), home: null };
  return planRollout(question, session);
}

/** Those of the sources that the automations write; without automations all that are built of git. */
function ofThisRepository({ kustomizations, automations }: UpdateResources): UpdateResources['kustomizations'] {
  const written = new Set(automations.map(({ object }) => formatKey(sourceOf(object))));
  return kustomizations.filter((one) => {
    const source = sourceRefOf(one);
    return source.kind === 'GitRepository' && (written.size === 0 || written.has(formatKey(source)));
  });
}
