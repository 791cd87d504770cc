import type { ImagePolicy } from '../api/index.ts';
import { type Delivery, formatKey, type Marker, type NamespacedName } from '../core/index.ts';
import type { GuardReason, Landing } from '../guard/index.ts';

/** A marker that would be written now. */
export interface GuardQuestion {
  readonly policy: ImagePolicy;
  readonly marker: Marker;
  /** Whether a marker of the same policy beside it carries the digest. */
  readonly isPinned: boolean;
}

export type GuardAnswer =
  /** `landed`: a person landed it past the gates. */
  | { readonly kind: 'open'; readonly landed: Landing | null }
  | { readonly kind: 'closed'; readonly reasons: readonly GuardReason[] };

/** The files of a branch that have markers, by policy. */
export interface MarkerPlaces {
  readonly url: string;
  readonly branch: string;
  readonly files: ReadonlyMap<string, readonly string[]>;
}

/** A bump that a run left waiting. */
export interface WaitingBump {
  readonly policy: NamespacedName;
  readonly reasons: readonly GuardReason[];
}

/** What guards say of the bumps of one automation. */
export interface AutomationGuards {
  /** How the guards of a policy want its bumps to land. */
  deliveryOf(policy: NamespacedName): Delivery;
  ask(question: GuardQuestion): Promise<GuardAnswer>;
  /** Why a marker can never carry what its policy picks, whatever that is: a tag alone cannot be verified. */
  refuseMarker(question: GuardQuestion): readonly GuardReason[];
  /** Of bumps that are all open: those, by policy, that a limit keeps out for now. `writer` is the branch that is written. */
  limit(policies: readonly NamespacedName[], writer: string): Promise<ReadonlyMap<string, readonly GuardReason[]>>;
  /** Told right before a push, so that limits count it whatever comes after. */
  landing(policies: readonly NamespacedName[], writer: string): Promise<void>;
  /** Told that this push did not come to pass. */
  abandon(): Promise<void>;
  /** Told what a run left waiting, and where markers stand, by policy. */
  settle(waiting: readonly WaitingBump[], places: MarkerPlaces): Promise<void>;
}

/** Where nobody guards anything. */
export const openGuards: AutomationGuards = {
  deliveryOf: () => 'Push',
  ask: async () => ({ kind: 'open', landed: null }),
  refuseMarker: () => [],
  limit: async () => new Map(),
  landing: async () => {},
  abandon: async () => {},
  settle: async () => {},
};

/** One text for a repository and a branch of it: what limits count by. */
export function describeWriter(repository: string, branch: string): string {
  return `${repository}#${branch}`;
}

/** Whether a marker's tag cannot move: another marker of its policy, beside it in the same mapping, carries the digest. */
export function isPinned(marker: Marker, markers: readonly Marker[]): boolean {
  if (marker.part !== 'tag') return true;
  return markers.some(
    (other) =>
      other.part === 'digest' &&
      other.file === marker.file &&
      other.document === marker.document &&
      formatKey(other.policy) === formatKey(marker.policy) &&
      parentOf(other.path) === parentOf(marker.path),
  );
}

function parentOf(path: string): string {
  return path.replace(/(^|\.)[^.[\]]+$/, '');
}
