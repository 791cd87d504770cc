/**
 * When the engine may try again after an error: with growing delays, never until the spec changes,
 * or after exactly this long (a registry's `Retry-After`).
 */
export type RetryPolicy = 'backoff' | 'never' | { readonly afterMs: number };

export interface ErrorDetails {
  readonly retry?: RetryPolicy;
  readonly cause?: unknown;
  /** The condition reason users of Flux know, where it differs from the code. */
  readonly reason?: string;
}

/**
 * The one base of every error the product raises on purpose. `message` says what was attempted, on what, what came
 * back and what to do, and never carries a secret. Each folder's `error.ts` narrows `Code` to the union of its codes.
 */
export class TagalongError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retry: RetryPolicy;
  readonly reason: string | undefined;

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.retry = details.retry ?? 'backoff';
    this.reason = details.reason;
  }
}

/** The text of anything thrown; for messages, never for decisions. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
