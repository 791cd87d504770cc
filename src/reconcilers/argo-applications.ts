import { type Cluster, errorMessage, type KubeObject, type Log } from '../core/index.ts';
import { remotePlace } from '../git/index.ts';

/** https://argo-cd.readthedocs.io/en/stable/user-guide/annotations-and-labels/ */
const refreshAnnotation = 'argocd.argoproj.io/refresh';
const applicationKind = { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application' };

interface Source {
  readonly repoURL?: string;
  readonly targetRevision?: string;
}

/**
 * Asks Argo CD to look at its Applications that follow a branch, once we pushed to it: it polls every three minutes by itself. Where there are no
 * Applications in this API, nothing is asked.
 */
export async function refreshApplications(cluster: Cluster, url: string, branch: string, log: Log): Promise<void> {
  try {
    if ((await cluster.resource(applicationKind)) === null) return;
    const { items } = await cluster.list(applicationKind);
    for (const application of items.filter((one) => follows(one, url, branch))) await refresh(cluster, application);
  } catch (error) {
    log.warn('Argo CD could not be told of a push; it follows at its interval', { branch, error: errorMessage(error) });
  }
}

async function refresh(cluster: Cluster, { metadata: { name, namespace = '' } }: KubeObject): Promise<void> {
  const body = { metadata: { annotations: { [refreshAnnotation]: 'normal' } } };
  await cluster.patch({ ...applicationKind, name, namespace }, body, { type: 'merge', fieldManager: 'tagalong' });
}

/** Whether one of its sources is the branch; one that names none follows the default branch, which may be this one. */
export function follows({ spec }: KubeObject, url: string, branch: string): boolean {
  const { source, sources } = (spec ?? {}) as { source?: Source; sources?: readonly Source[] };
  return [...(source === undefined ? [] : [source]), ...(sources ?? [])].some(({ repoURL = '', targetRevision = '' }) => {
    const revision = targetRevision.replace(/^refs\/heads\//, '');
    return placeOf(repoURL) === placeOf(url) && ['', 'HEAD', branch].includes(revision);
  });
}

/** Argo CD and we may reach one repository in different ways, and write its name in different case. */
function placeOf(url: string): string {
  return remotePlace(url).toLowerCase();
}
