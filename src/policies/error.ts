import { TagalongError } from '../core/index.ts';

export class PoliciesError extends TagalongError<'UNREADABLE_FOLDER'> {}
