import { readServerVersion } from '../../cluster/index.ts';
import { type Cluster, silentLog } from '../../core/index.ts';
import type { ControllerGroup } from '../../lease/index.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import { exitCode } from '../exit-code.ts';
import { findKubeconfig, withCluster } from '../open-cluster.ts';
import { createProgress } from '../progress.ts';
import type { Session } from '../session.ts';
import { checkDefinitions } from './check-definitions.ts';
import { checkInstallation, findInstallation } from './check-installation.ts';
import { checkLeases } from './check-leases.ts';
import { checkObjects } from './check-objects.ts';
import { checkPrograms } from './check-programs.ts';
import { checkRights } from './check-rights.ts';
import { checkWriters } from './check-writers.ts';
import { type Finding, good } from './finding.ts';
import { createSections } from './sections.ts';

export interface CheckOrder {
  readonly as?: string;
  readonly controllers?: readonly ControllerGroup[];
}

/** Runs every check, also after one that failed, and ends with `failed` if anything is wrong. */
export async function runChecks(order: CheckOrder, target: ClusterOptions, session: Session): Promise<void> {
  const { signal, clock } = session;
  const progress = createProgress(session.terminal);
  await withCluster(target, session, async (cluster) => {
    const { namespace } = target;
    const { section, isFine } = createSections(progress);
    await section('the API server', () => checkServer(cluster, target, session));
    await section('programs of this machine', async () => checkPrograms(session.environment['PATH']));
    await section('definitions', () => checkDefinitions(cluster, signal));
    const installation = await findInstallation(cluster, namespace, signal).catch(() => ({ deployments: [] }));
    await section('the installation', async () => checkInstallation(installation, namespace));
    await section('Leases', () => checkLeases(cluster, namespace, clock.now(), signal));
    await section('rights', () => checkRights(cluster, installation, { ...order, namespace, signal }));
    await section('objects', () => checkObjects(cluster, installation, signal));
    await section('who writes what', () => checkWriters(cluster, signal));
    if (isFine()) return progress.success('all checks passed');
    progress.failure('check failed');
    session.exitCode = exitCode.failed;
  });
}

async function checkServer(
  cluster: Cluster,
  target: ClusterOptions,
  { environment, clock, signal }: Session,
): Promise<Finding[]> {
  const options = {
    kubeconfig: findKubeconfig(target, environment),
    ...(target.context === undefined ? {} : { context: target.context }),
    ...{ userAgent: 'tagalong', clock, log: silentLog },
  };
  return [good(`Kubernetes ${await readServerVersion(options, signal)} at ${cluster.server}`)];
}
