import { TagalongError } from '../core/index.ts';

/**
 * PARSE_FAILED: the text is no template; mend it. RENDER_FAILED: the template could not be applied to its data.
 * Both stay inside this folder: what leaves it is a value with the message.
 */
export type TemplateErrorCode = 'PARSE_FAILED' | 'RENDER_FAILED';

export class TemplateError extends TagalongError<TemplateErrorCode> {}

/** What a function of a template says of its arguments; the place and the function's name are added where it was called. */
export class FunctionError extends Error {}

/** A bound was reached: nothing about the template's place is known yet. */
export class LimitError extends Error {}
