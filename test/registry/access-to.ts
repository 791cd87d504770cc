import type { RegistryAccess } from '../../src/core/index.ts';

/** Access without a login; a test states only how its own differs. */
export function accessTo(difference: Partial<RegistryAccess> = {}): RegistryAccess {
  return { credentials: { kind: 'anonymous' }, insecure: false, timeoutMs: 30_000, ...difference };
}
