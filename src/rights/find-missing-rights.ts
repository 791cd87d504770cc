import type { Cluster, KubeObject } from '../core/index.ts';
import type { Right } from './required-rights.ts';

export interface MissingRightsOptions {
  /** Only this namespace is watched: rights are asked for there. */
  readonly namespace?: string;
  readonly signal?: AbortSignal;
}

/** Those that the API server says this identity does not have, in order. Rejects when it cannot be asked. */
export async function findMissingRights(
  cluster: Cluster,
  wanted: readonly Right[],
  options: MissingRightsOptions = {},
): Promise<Right[]> {
  const allowed = await Promise.all(wanted.map((right) => isAllowed(cluster, right, options)));
  return wanted.filter((_right, index) => !allowed[index]);
}

async function isAllowed(cluster: Cluster, right: Right, { namespace, signal }: MissingRightsOptions): Promise<boolean> {
  const answer = await cluster.create(review(right, namespace), signal === undefined ? {} : { signal });
  return (answer['status'] as { allowed?: boolean } | undefined)?.allowed === true;
}

function review({ verb, group, resource, namespace }: Right, watched: string | undefined): KubeObject {
  const [plural = '', subresource] = resource.split('/');
  // Namespaces themselves are in none.
  const where = plural === 'namespaces' ? undefined : (namespace ?? watched);
  const resourceAttributes = {
    ...{ verb, group, resource: plural },
    ...(subresource === undefined ? {} : { subresource }),
    ...(where === undefined ? {} : { namespace: where }),
  };
  const spec = { resourceAttributes };
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: {} as KubeObject['metadata'],
    spec,
  };
}
