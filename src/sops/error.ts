import { type ErrorDetails, TagalongError } from '../core/index.ts';

/**
 * - NOT_SOPS: there is no SOPS metadata in the text.
 * - METADATA_INVALID: the metadata cannot be used; the message says which field.
 * - DOCUMENT_INVALID: the text is not what its format says.
 * - VALUE_INVALID: a value cannot be decrypted; the message names its path, never its content.
 * - MAC_MISMATCH: somebody changed the document without sops.
 * - KEY_PARTS_INVALID: parts of the data key do not belong together.
 */
export type SopsErrorCode =
  | 'NOT_SOPS'
  | 'METADATA_INVALID'
  | 'DOCUMENT_INVALID'
  | 'VALUE_INVALID'
  | 'MAC_MISMATCH'
  | 'KEY_PARTS_INVALID';

/** What is wrong with a SOPS document. Trying again changes nothing: a commit has to. Never carries a value or a line of the text. */
export class SopsError extends TagalongError<SopsErrorCode> {
  constructor(code: SopsErrorCode, message: string, details: ErrorDetails = {}) {
    super(code, message, { reason: 'BuildFailed', ...details });
  }
}
