import { formatYaml } from '../build/index.ts';
import { nameOf } from '../core/index.ts';
import { withOwner } from '../reconcilers/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { buildLocally, type LocalBuild, type LocalBuildOrder } from './local-build.ts';
import { maskEncrypted } from './mask-secret.ts';
import { withCluster } from './open-cluster.ts';
import type { Session } from './session.ts';

export interface PrintOrder extends Omit<LocalBuildOrder, 'namespace' | 'decrypts'> {
  /** Ask nothing of a cluster. */
  readonly dryRun?: boolean;
}

/** Prints every object as it would be sent, a YAML document each, in kustomize's order. Nothing is decrypted. */
export async function printBuild(
  { dryRun = false, ...wanted }: PrintOrder,
  { namespace, ...where }: ClusterOptions,
  session: Session,
): Promise<void> {
  const order = { ...wanted, namespace, decrypts: false };
  const builds = dryRun
    ? await buildLocally(order, null, session)
    : await withCluster({ ...where, namespace }, session, (cluster) => buildLocally(order, cluster, session));
  for (const build of builds) print(build, session);
}

function print({ kustomization, build }: LocalBuild, { terminal }: Session): void {
  const { commonMetadata } = kustomization.spec;
  for (const { object } of build.objects) {
    const sent = withOwner(maskEncrypted(object), nameOf(kustomization), commonMetadata);
    terminal.answer(`---\n${formatYaml(sent).trimEnd()}`);
  }
}
