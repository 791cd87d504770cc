import { type GitRepository, gitRepositoryKind } from '../api/index.ts';
import { type Artifact, type ArtifactStatus, type NamespacedName, nameOf } from '../core/index.ts';
import { type IncludedArtifact, SourceError } from '../source/index.ts';

/** An artifact that is laid into another, and what its source's status said of it. */
export interface FoundInclude extends IncludedArtifact {
  readonly status: ArtifactStatus;
}

export interface IncludeDeps {
  /** A GitRepository as the API last told. */
  repository(name: NamespacedName): GitRepository | undefined;
  /** Its artifact, at the revision of its status. */
  artifactOf(repository: GitRepository): Promise<Artifact>;
}

const waitMs = 30_000;

/** The artifacts of `spec.include`, in its order. Throws INCLUDE_UNAVAILABLE; a change of what is missing wakes the source. */
export async function findIncludes(resource: GitRepository, deps: IncludeDeps): Promise<FoundInclude[]> {
  const cycle = findCycle(resource, deps.repository);
  if (cycle !== null) {
    const text = `the included repositories lead back to this one: ${cycle.join(' -> ')}; take one of them out`;
    throw new SourceError('INCLUDE_UNAVAILABLE', text, { reason: 'DependencyCycle', retry: 'never' });
  }
  return Promise.all((resource.spec.include ?? []).map((include) => findInclude(resource, include, deps)));
}

type Include = NonNullable<GitRepository['spec']['include']>[number];

async function findInclude(resource: GitRepository, include: Include, deps: IncludeDeps): Promise<FoundInclude> {
  const { name } = include.repository;
  const repository = deps.repository({ ...nameOf(resource), name });
  if (repository === undefined) {
    const text = `could not get resource for include '${name}': ${gitRepositoryKind.plural}.${gitRepositoryKind.group} "${name}" not found`;
    throw new SourceError('INCLUDE_UNAVAILABLE', text, { reason: 'NotFound', retry: { afterMs: waitMs } });
  }
  const status = repository.status?.artifact;
  if (status === undefined || status === null) {
    const text = `no artifact available for include '${name}'`;
    throw new SourceError('INCLUDE_UNAVAILABLE', text, { reason: 'NoArtifact', retry: { afterMs: waitMs } });
  }
  const artifact = await deps.artifactOf(repository);
  return { artifact, status: status as ArtifactStatus, fromPath: include.fromPath ?? '', toPath: include.toPath || name };
}

/** The names on the way from the resource by its includes back to itself, or null. */
function findCycle(resource: GitRepository, repository: IncludeDeps['repository']): string[] | null {
  const start = nameOf(resource);
  const seen = new Set<string>();
  const walk = (at: GitRepository, path: readonly string[]): string[] | null => {
    for (const { repository: next } of at.spec.include ?? []) {
      if (next.name === start.name) return [...path, next.name];
      if (seen.has(next.name)) continue;
      seen.add(next.name);
      const found = repository({ ...start, name: next.name });
      const cycle = found === undefined ? null : walk(found, [...path, next.name]);
      if (cycle !== null) return cycle;
    }
    return null;
  };
  return walk(resource, [start.name]);
}
