import { type GitRepository, gitRepositoryKind } from '../api/index.ts';
import { createCloudLogins } from '../auth/index.ts';
import { formatKey } from '../core/index.ts';
import {
  createBucketReconciler,
  createGitRepositoryReconciler,
  createOciRepositoryReconciler,
  gitRepositoryWakes,
} from '../reconcilers/index.ts';
import { type ArtifactServer, createPublishing } from '../source/index.ts';
import { registrationOf } from './gates.ts';
import type { Parts } from './parts.ts';
import { pickSemver } from './pick-semver.ts';

/** Everything that artifacts are made of here; without a server they stay in memory. */
export function registerSources(
  { options, engine, git, registry, logins, news, artifacts, contents, checkAddress }: Parts,
  server: ArtifactServer | null,
): void {
  const registration = registrationOf(options, 'source-controller');
  const { cluster } = registration;
  const publishing = createPublishing(server);
  const repositories = engine.cache(gitRepositoryKind);
  const reconciler = createGitRepositoryReconciler({
    ...{ cluster, git, logins, news, artifacts, pickSemver, ...publishing },
    repository: (name) => repositories.get(formatKey(name)) as GitRepository | undefined,
  });
  engine.register(reconciler, { ...registration, wakes: gitRepositoryWakes(() => repositories.list() as GitRepository[]) });
  const cloudLogins = createCloudLogins({ clock: options.clock });
  const { trustedRoot } = options;
  const oci = { cluster, registry, artifacts, contents, logins: cloudLogins, trustedRoot, ...publishing };
  engine.register(createOciRepositoryReconciler(oci), registration);
  const buckets = { cluster, artifacts, contents, checkAddress, ...publishing };
  engine.register(createBucketReconciler(buckets), registration);
}
