import { describe, test } from 'vitest';
import { missingPart, type PartName } from './parts.ts';

/**
 * A `describe` that needs real parts. Where one is missing, its tests are skipped and a line says why; with
 * TAGALONG_REQUIRE_PARTS=1, as CI sets it, a missing part is a failed test instead.
 */
export function describeWithParts(needed: readonly PartName[], name: string, define: () => void): void {
  const missing = needed.map(missingPart).filter((sentence) => sentence !== null);
  if (missing.length === 0) describe(name, define);
  else if (process.env['TAGALONG_REQUIRE_PARTS'] === '1') failInstead(name, missing);
  else skipInstead(name, missing, define);
}

function skipInstead(name: string, missing: readonly string[], define: () => void): void {
  console.warn(`skipped: ${name}\n${missing.map((sentence) => `  ${sentence}`).join('\n')}`); // reporters do not print titles of skipped tests
  describe.skip(`${name} (skipped: ${missing.join('; ')})`, define);
}

function failInstead(name: string, missing: readonly string[]): void {
  describe(name, () => {
    test('has the real parts that it needs', () => {
      throw new Error(`${missing.join('\n')}\nTAGALONG_REQUIRE_PARTS=1 makes a missing part a failure`);
    });
  });
}
