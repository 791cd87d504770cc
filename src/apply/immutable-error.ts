import { TagalongError } from '../core/index.ts';

/** How API servers, and rules in definitions, say that a field cannot change. */
const immutableTexts = [
  /\bimmutable\b/i,
  /may not change once set/i,
  /cannot change roleRef/i,
  /updates to \S+ spec for fields other than .* are forbidden/is,
  /updates may not change fields other than/i,
  /updates to (parameters|provisioner|reclaimPolicy|volumeBindingMode) are forbidden/i,
  /(cannot|can not|may not) be (changed|unset|updated|modified)/i,
];

/**
 * True when the server refused a change because a field cannot change, so that deleting and creating again would help. Only the
 * text tells: taking every refusal for one (as Flux does) would delete a running object over a typo.
 */
export function isImmutableError(thrown: unknown): boolean {
  if (!(thrown instanceof TagalongError)) return false;
  const refusal = thrown.cause instanceof TagalongError ? thrown.cause : thrown;
  const isRefusal = refusal.code === 'INVALID' || refusal.code === 'CONFLICT' || refusal.code === 'FORBIDDEN';
  return isRefusal && immutableTexts.some((text) => text.test(refusal.message));
}
