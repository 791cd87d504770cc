import type { Kustomization } from '../api/index.ts';
import type { Build } from '../build/index.ts';
import type { Artifact, Instant, PlanLike, SourceRef } from '../core/index.ts';
import type { KustomizationSeen } from './kustomization-look.ts';
import { retryMsOf } from './kustomization-spec.ts';
import type { SourceRevision } from './source-revision.ts';

export type KustomizationPlan = PlanLike &
  (
    | {
        readonly do: 'wait';
        readonly reason: 'ArtifactFailed' | 'DependencyNotReady';
        readonly of?: SourceRevision;
        readonly afterMs: number;
      }
    | { readonly do: 'stall'; readonly reason: 'AccessDenied' | 'DependencyCycle' | 'InvalidCELExpression' }
    | { readonly do: 'ask source'; readonly source: SourceRef; readonly afterMs: number }
    | {
        readonly do: 'apply';
        readonly of: SourceRevision;
        readonly artifact: Artifact;
        readonly build: Build;
        readonly startedAt: Instant;
      }
  );

const artifactWaitMs = 30_000;

/** What a run does, from what it saw. */
export function decideKustomization(kustomization: Kustomization, seen: KustomizationSeen): KustomizationPlan {
  switch (seen.state) {
    case 'no artifact':
      return {
        do: 'wait',
        reason: 'ArtifactFailed',
        because: 'Source artifact not found, retrying in 30s',
        afterMs: artifactWaitMs,
      };
    case 'lost artifact':
      return {
        do: 'ask source',
        because: `the artifact of ${seen.revision} is not in memory`,
        source: seen.source,
        afterMs: artifactWaitMs,
      };
    case 'cycle':
      return {
        do: 'stall',
        reason: 'DependencyCycle',
        because: `dependency cycle: ${seen.path.join(' -> ')}; take one of them out of spec.dependsOn`,
      };
    case 'denied':
      return { do: 'stall', reason: 'AccessDenied', because: seen.because };
    case 'bad expression':
      return {
        do: 'stall',
        reason: 'InvalidCELExpression',
        because: `Reconciliation failed terminally due to configuration error: ${seen.because}`,
      };
    case 'waiting':
      return { do: 'wait', reason: 'DependencyNotReady', because: seen.because, of: seen.of, afterMs: retryMsOf(kustomization) };
    case 'built': {
      const { of, artifact, build, startedAt } = seen;
      const { revision } = of;
      const isNew = kustomization.status?.lastAppliedRevision !== revision;
      const because = isNew ? `revision ${revision} is new` : `revision ${revision} is kept applied`;
      return { do: 'apply', because, of, artifact, build, startedAt };
    }
    default:
      return seen satisfies never;
  }
}
