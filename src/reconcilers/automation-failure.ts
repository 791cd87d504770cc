import { TagalongError } from '../core/index.ts';

const isWorded = /^failed (configuring source manager|to checkout source|to update source|to apply policies): /;

/** The error with Flux's words in front and its reason; one that has them already stays as it is. */
export function failAs(words: string, reason: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof TagalongError) || isWorded.test(error.message)) throw error;
    throw new TagalongError(error.code, `${words}: ${error.message}`, { reason, retry: error.retry, cause: error });
  };
}

/** An error that stalls the object until its spec changes. */
export function stalled(reason: string, message: string): TagalongError {
  return new TagalongError(reason, message, { reason, retry: 'never' });
}
