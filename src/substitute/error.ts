import { TagalongError } from '../core/index.ts';

/**
 * - BAD_SUBSTITUTION: an expression in a text cannot be read.
 * - VARIABLE_UNSET: an expression names a variable that nobody set, and has no default.
 * - VARIABLE_NAME: a variable has a name that no expression could use.
 * - SUBSTITUTION_LIMIT: expressions yield too much text, or take too long.
 */
export type SubstituteErrorCode = 'BAD_SUBSTITUTION' | 'VARIABLE_UNSET' | 'VARIABLE_NAME' | 'SUBSTITUTION_LIMIT';

/** Variables that cannot be put into a text; the message is Flux's, and never carries a value. */
export class SubstituteError extends TagalongError<SubstituteErrorCode> {}
