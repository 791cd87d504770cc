import { TagalongError } from '../core/index.ts';

/**
 * STALE_EDIT: the text under an edit is not what it was planned on; read the file and plan again.
 * BROKEN_EDIT: the edited text would not read as the old one with exactly the intended values changed; nothing was written.
 */
export type EditErrorCode = 'STALE_EDIT' | 'BROKEN_EDIT';

export class EditError extends TagalongError<EditErrorCode> {}
