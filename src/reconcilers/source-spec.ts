import { parseDurationMs } from '../core/index.ts';

/** Where an interval cannot be read; the API refuses those. */
const defaultIntervalMs = 60_000;
/** Flux's default of `spec.timeout`. */
const defaultTimeoutMs = 60_000;

/** How long until a source is looked at again by itself. */
export function sourceIntervalMs({ interval }: { readonly interval: string }): number {
  return parseDurationMs(interval) ?? defaultIntervalMs;
}

/** How long one look at the remote may take. */
export function sourceTimeoutMs({ timeout }: { readonly timeout?: string | undefined }): number {
  return parseDurationMs(timeout ?? '') ?? defaultTimeoutMs;
}
