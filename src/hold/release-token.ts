import type { Hold, Oid } from '../core/index.ts';

/**
 * What `tagalong release` writes into the annotation `tagalong.dev/release` of an automation: which hold is lifted, by its policy and the
 * commit that made it, in full or abbreviated. A later revert is another commit, so an old token releases nothing new.
 */
export function releaseToken(policy: string, commit: Oid | null, lastPush: Oid | undefined): string {
  return `${policy}@${commit ?? `rewritten-${lastPush ?? 'unknown'}`}`;
}

/** Whether one of the annotation's tokens (separated by commas) lifts a hold; `by` is null also where history cannot be read. */
export function isReleasedBy(
  annotation: string | undefined,
  hold: Pick<Hold, 'policy' | 'by'>,
  lastPush: Oid | undefined,
): boolean {
  const wanted = releaseToken(hold.policy.name, hold.by?.commit ?? null, lastPush);
  const shortest = `${hold.policy.name}@`.length + 7;
  return (annotation ?? '').split(',').some((text) => {
    const token = text.trim();
    return token === wanted || (hold.by !== null && token.length >= shortest && wanted.startsWith(token));
  });
}
