import { type GitRepository, gitRepositoryKind, requestedAtAnnotation } from '../api/index.ts';
import { type Cluster, errorMessage, type GitMirror, type Oid } from '../core/index.ts';
import type { Engine } from '../engine/index.ts';
import { remoteKey } from '../git/index.ts';
import { refreshApplications } from '../reconcilers/index.ts';
import type { AppOptions } from './options.ts';
import type { Parts } from './parts.ts';

/** Tells of a push whoever follows the branch, so that nobody waits for an interval: our sources, those of others, Argo CD. */
export function announcePushes(
  { options, engine, news }: Parts,
  cluster: Cluster,
): (mirror: GitMirror, branch: string, commit: Oid) => void {
  const list = () => engine.cache(gitRepositoryKind).list() as GitRepository[];
  const wakeSource = options.controllers?.includes('source') === false ? askSource(options, cluster) : wakeOwnSource(engine);
  return (mirror, branch, commit) => {
    news.announce(mirror, branch, commit);
    for (const source of list().filter((one) => followsBranch(one, mirror.remote.url, branch))) wakeSource(source);
    if (runsBeside(options)) void refreshApplications(cluster, mirror.remote.url, branch, options.log);
  };
}

function wakeOwnSource(engine: Engine): (source: GitRepository) => void {
  return (source) => engine.wake(describeSource(source), 'we pushed to its branch');
}

/** Another process serves the sources: it is asked as `flux reconcile` asks, so that it need not poll. */
function askSource({ clock, log }: AppOptions, cluster: Cluster): (source: GitRepository) => void {
  return (source) => {
    const ref = { ...gitRepositoryKind, ...describeSource(source) };
    const annotations = { [requestedAtAnnotation]: new Date(clock.now()).toISOString() };
    cluster.patch(ref, { metadata: { annotations } }, { type: 'merge', fieldManager: 'tagalong' }).catch((error: unknown) => {
      log.warn('source could not be told of a push; it follows at its interval', { ...ref, error: errorMessage(error) });
    });
  };
}

/** Somebody else applies what we push. */
function runsBeside({ controllers }: AppOptions): boolean {
  return controllers?.includes('kustomize') === false;
}

function followsBranch({ spec }: GitRepository, url: string, branch: string): boolean {
  return (spec.ref?.branch ?? 'master') === branch && spec.suspend !== true && remoteKey(spec.url) === remoteKey(url);
}

function describeSource({ kind, metadata }: GitRepository): { kind: string; namespace: string; name: string } {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name };
}
