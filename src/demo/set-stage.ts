import { join } from 'node:path';
import { type App, createApp } from '../app/index.ts';
import type { Clock, Cluster, Log, Store } from '../core/index.ts';
import { TagalongError } from '../core/index.ts';
import { createPoliciesSync, describeProblems } from '../policies/index.ts';
import { copySample, type StageAddresses, samplePolicies, sampleRepository } from './sample-files.ts';
import { cloneWorkTree, type WorkTree } from './work-tree.ts';

const person = { name: 'Demo Operator', email: 'operator@sandbox.example' };

/** Pushes the sample repository, with the stage's addresses in it, to the empty one at `url`, from a clone below `folder`. */
export async function seedRepository(url: string, folder: string, addresses: StageAddresses): Promise<WorkTree> {
  const clone = await cloneWorkTree(url, join(folder, 'clone'), person);
  await copySample(sampleRepository, clone.folder, addresses);
  await clone.commitAndPush('Web 1.0.0');
  return clone;
}

/** Starts the app on a cluster that has the definitions, and applies the sample policies there. */
export async function startOnPolicies(
  home: Cluster,
  folder: string,
  addresses: StageAddresses,
  parts: { clock: Clock; log: Log },
): Promise<App> {
  const app = await createApp({ home, target: home, stateFolder: join(folder, 'state'), ...parts });
  await app.start();
  await applySamplePolicies({ cluster: home, store: app.store, log: parts.log }, folder, addresses);
  return app;
}

/** Applies the sample policies, with the stage's addresses in them, from a copy below `folder`. */
export async function applySamplePolicies(
  parts: { cluster: Cluster; store: Store; log: Log },
  folder: string,
  addresses: StageAddresses,
): Promise<void> {
  const policies = join(folder, 'policies');
  await copySample(samplePolicies, policies, addresses);
  const { problems } = await createPoliciesSync({ folder: policies, ...parts }).sync();
  if (problems.length > 0) throw new TagalongError('POLICIES', describeProblems(problems), { retry: 'never' });
}
