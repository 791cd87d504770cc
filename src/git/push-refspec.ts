import { checkRef } from './check-name.ts';
import { cleanText } from './clean-text.ts';
import { GitError } from './error.ts';

export interface PushRefspec {
  /** `HEAD`, `@`, or the branch that is pushed. */
  readonly source: string;
  /** A full ref name. */
  readonly target: string;
}

/**
 * Reads `<source>:<full ref>`. One that deletes, forces or matches many refs is no way for a bot to write and refused.
 * @throws GitError REFUSED_REF
 */
export function parsePushRefspec(refspec: string): PushRefspec {
  if (refspec.startsWith('+')) throw refuseRefspec(refspec, "'+' would force it; take the '+' away");
  if (refspec.includes('*')) throw refuseRefspec(refspec, 'it matches many refs; name one');
  const [, source, target] = /^([^:]*):([^:]+)$/.exec(refspec) ?? [];
  if (source === '') throw refuseRefspec(refspec, 'it would delete the ref; name a source, such as HEAD');
  if (source === undefined || target === undefined) throw refuseRefspec(refspec, 'it must read <source>:<full ref>');
  return { source, target: checkRef(target) };
}

export function refuseRefspec(refspec: string, because: string): GitError {
  return new GitError('REFUSED_REF', `the push refspec '${cleanText(refspec)}' is refused: ${because}`);
}
