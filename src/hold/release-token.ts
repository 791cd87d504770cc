import type { Hold, Oid } from '../core/index.ts';

/**
 * What `tagalong release` writes into the annotation `tagalong.dev/release` of an automation: which hold is lifted, by its policy and the
 * commit that made it, in full or abbreviated, and in which files it stays. A later revert is another commit, so an old token releases
 * nothing new.
 */
export function releaseToken(
  policy: string,
  commit: Oid | null,
  lastPush: Oid | undefined,
  except: readonly string[] = [],
): string {
  const token = `${policy}@${commit ?? `rewritten-${lastPush ?? 'unknown'}`}`;
  return [token, ...except.map(encodePath)].join('~');
}

/** What a release is asked about; `by` is null also where history cannot be read. */
export type ReleaseQuestion = Pick<Hold, 'policy' | 'by'> & Partial<Pick<Hold, 'file'>>;

/** Whether one of the annotation's tokens (separated by commas) lifts a hold. */
export function isReleasedBy(annotation: string | undefined, hold: ReleaseQuestion, lastPush: Oid | undefined): boolean {
  const wanted = releaseToken(hold.policy.name, hold.by?.commit ?? null, lastPush);
  const shortest = `${hold.policy.name}@`.length + 7;
  return (annotation ?? '').split(',').some((text) => {
    const [token = '', ...except] = text.trim().split('~');
    const isMeant = token === wanted || (hold.by !== null && token.length >= shortest && wanted.startsWith(token));
    return isMeant && !except.some((path) => isIn(hold.file ?? '', path));
  });
}

function isIn(file: string, encoded: string): boolean {
  const path = decodePath(encoded);
  return path !== null && (file === path || file.startsWith(`${path}/`));
}

/** Neither comma nor tilde is left in it. */
function encodePath(path: string): string {
  const clean = path.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  return encodeURIComponent(clean).replaceAll('~', '%7E');
}

function decodePath(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}
