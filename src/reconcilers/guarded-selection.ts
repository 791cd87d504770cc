import type { ImagePolicy } from '../api/index.ts';
import {
  formatKey,
  type ImageName,
  type Instant,
  type NamespacedName,
  type Registry,
  type RegistryAccess,
} from '../core/index.ts';
import type { Guard, GuardReason } from '../guard/index.ts';
import { selectTag, type TagPolicy } from '../select/index.ts';
import { hasNatureGates, type NatureChecks } from './guard-nature.ts';

/** A tag that would have been picked, had it passed. */
export interface RefusedTag {
  readonly tag: string;
  readonly digest: string | null;
  readonly reasons: readonly GuardReason[];
}

/** What guards on the nature of an image make of a selection. */
export interface GuardedSelection {
  /** The newest tag that passes, at the digest that passed; '' where no guard asks for a digest. Null where none passes. */
  readonly passed: { readonly tag: string; readonly digest: string } | null;
  /** Newer ones, the newest first. */
  readonly refused: readonly RefusedTag[];
}

export interface SelectionGuards {
  /** The guards of a policy that look at what an image is. */
  guardsOf(policy: ImagePolicy): readonly Guard[];
  readonly nature: NatureChecks;
  readonly registry: Registry;
}

/** The same, and where to tell what was refused. */
export interface PolicyGuards extends SelectionGuards {
  noteRefused(policy: NamespacedName, refused: readonly RefusedTag[]): void;
}

/** So many newer tags are looked at; where none of them passes, something else is wrong. */
const looksAtMost = 30;

/** Goes from the newest tag down to the first that passes every guard. */
export async function selectGuarded(
  policy: ImagePolicy,
  compiled: TagPolicy,
  tags: readonly string[],
  opened: { readonly image: ImageName; readonly access: RegistryAccess },
  { guardsOf, nature, registry }: SelectionGuards,
  { now, signal }: { readonly now: Instant; readonly signal: AbortSignal },
): Promise<GuardedSelection> {
  const guards = guardsOf(policy).filter(hasNatureGates);
  const pins = guards.some(({ spec }) => (spec.verify?.length ?? 0) > 0);
  const refused: RefusedTag[] = [];
  let left = tags;
  while (refused.length < looksAtMost) {
    const choice = selectTag(compiled, left);
    if (choice.kind === 'none') break;
    const { tag } = choice;
    const digest = knownDigest(policy, tag) ?? (await registry.fetchDigest(opened.image, tag, opened.access, signal));
    const reasons = digest === null ? [] : await nature.check(guards, { ...opened, digest }, now, signal);
    if (digest !== null && reasons.length === 0) return { passed: { tag, digest: pins ? digest : '' }, refused };
    refused.push({ tag, digest, reasons });
    left = left.filter((one) => one !== tag);
  }
  return { passed: null, refused };
}

/** A tag that was verified keeps its digest, whatever it points at since, unless the policy asks for the newest. */
function knownDigest({ spec, status }: ImagePolicy, tag: string): string | null {
  if (spec.digestReflectionPolicy === 'Always' || status?.latestRef?.tag !== tag) return null;
  return status.latestRef.digest || null;
}

/** One line a tag: why it lost. */
export function describeRefused({ tag, digest, reasons }: RefusedTag): string {
  if (digest === null) return `${tag}: the registry has no such tag any more`;
  return `${tag}: ${reasons.map(({ guard, message }) => `UpdateGuard ${guard === null ? '' : formatKey(guard)}: ${message}`).join('; ')}`;
}

/** When it is worth looking at the refused ones again; null where they stay refused until something tells. */
export function lookAgainAt(refused: readonly RefusedTag[]): Instant | null {
  const times = refused.flatMap(({ reasons }) => reasons.flatMap(({ askAgainAt }) => askAgainAt ?? []));
  return times.length === 0 ? null : Math.min(...times);
}
