import { formatYaml } from '../build/index.ts';
import { nameOf } from '../core/index.ts';
import { withOwner } from '../reconcilers/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { buildLocally, type LocalBuildOrder } from './local-build.ts';
import { withCluster } from './open-cluster.ts';
import type { Session } from './session.ts';

/** Prints every object as it would be sent, a YAML document each, in kustomize's order. */
export async function printBuild(
  order: Omit<LocalBuildOrder, 'namespace'>,
  { namespace, ...where }: ClusterOptions,
  session: Session,
): Promise<void> {
  await withCluster({ ...where, namespace }, session, async (cluster) => {
    const { kustomization, build } = await buildLocally({ ...order, namespace }, cluster, session);
    const { commonMetadata } = kustomization.spec;
    for (const { object } of build.objects)
      session.terminal.answer(`---\n${formatYaml(withOwner(object, nameOf(kustomization), commonMetadata)).trimEnd()}`);
  });
}
