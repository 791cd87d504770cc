import { TagalongError } from '../core/index.ts';
import { compileTagPolicy, selectTag } from '../select/index.ts';

/** The highest tag in a range, as ImagePolicies pick; null = none. Throws BAD_RANGE. */
export function pickSemver(range: string, tags: readonly string[]): string | null {
  const compiled = compileTagPolicy({ policy: { semver: { range } } });
  if (compiled.kind === 'invalid')
    throw new TagalongError('BAD_RANGE', compiled.reason, { retry: 'never', reason: 'GitOperationFailed' });
  const choice = selectTag(compiled.policy, tags);
  return choice.kind === 'selected' ? choice.tag : null;
}
