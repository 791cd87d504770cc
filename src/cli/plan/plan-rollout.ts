import { type Kustomization, kustomizationKind } from '../../api/index.ts';
import { createBuilder, findKustomize } from '../../build/index.ts';
import { type Artifact, type Cluster, errorMessage, keyOf, silentLog } from '../../core/index.ts';
import { buildKustomization } from '../../reconcilers/index.ts';
import type { Session } from '../session.ts';
import { compareBuilds, type ObjectChange } from './compare-builds.ts';

/** What a Kustomization would roll out once a commit is there. */
export interface PlannedRollout {
  readonly kustomization: string;
  readonly changes: readonly ObjectChange[];
  /** Why that cannot be told; null where it can. */
  readonly problem: string | null;
}

export interface RolloutQuestion {
  readonly kustomizations: readonly Kustomization[];
  readonly before: Artifact;
  readonly after: Artifact;
  /** Where variables come from; null: they stay as they are written, on both sides. */
  readonly home: Cluster | null;
}

/** Builds each Kustomization before and after, and says which objects would differ. Encrypted files stay encrypted. */
export async function planRollout(
  { kustomizations, before, after, home }: RolloutQuestion,
  session: Session,
): Promise<PlannedRollout[]> {
  const builder = createBuilder({ log: silentLog, kustomize: () => findKustomize(session.environment['PATH']) });
  const tools = { builder, home: home ?? noCluster, decryption: { fetch: globalThis.fetch }, signal: session.signal };
  const planned: PlannedRollout[] = [];
  for (const found of kustomizations) {
    const kustomization = simplify(found, home !== null);
    const build = async (artifact: Artifact) =>
      (await buildKustomization(kustomization, artifact, tools)).objects.map(({ object }) => object);
    try {
      const changes = compareBuilds(await build(before), await build(after));
      if (changes.length > 0) planned.push({ kustomization: keyOf(found), changes, problem: null });
    } catch (error) {
      planned.push({ kustomization: keyOf(found), changes: [], problem: errorMessage(error) });
    }
  }
  return planned;
}

function simplify(found: Kustomization, hasVariables: boolean): Kustomization {
  const { decryption: _decryption, postBuild, ...spec } = found.spec;
  return { ...found, spec: hasVariables && postBuild !== undefined ? { ...spec, postBuild } : spec };
}

/** A folder has no cluster behind it; nothing that is left of a spec asks one. */
const noCluster = { server: 'none', get: async () => null } as unknown as Cluster;

/** One line a Kustomization, and one for each object. */
export function describeRollout({ kustomization, changes, problem }: PlannedRollout): string[] {
  const name = `${kustomizationKind.kind} ${kustomization}`;
  if (problem !== null) return [`► ${name}: what it would roll out cannot be told: ${problem}`];
  return [`► ${name} would roll out`, ...changes.map((change) => `    ${describeChange(change)}`)];
}

const namedAtMost = 5;

function describeChange({ what, object, fields }: ObjectChange): string {
  const more = fields.length > namedAtMost ? ` and ${fields.length - namedAtMost} more` : '';
  return `${object} ${what}${fields.length === 0 ? '' : `: ${fields.slice(0, namedAtMost).join(', ')}${more}`}`;
}
