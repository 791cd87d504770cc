import { expect, test } from 'vitest';
import type { Rollout } from '../../src/api/index.ts';
import { hopsOf, outcomesOf, type PhaseEntry } from '../../src/rollout/index.ts';

const rollout = (phases?: readonly PhaseEntry[]): Rollout => ({
  ...{ apiVersion: 'tagalong.dev/v1alpha1', kind: 'Rollout', metadata: { name: 'web', namespace: 'default' } },
  spec: {
    ...{ automation: { name: 'fleet' }, writer: 'c/default/fleet', policy: { name: 'web' }, image: { name: 'r/web', tag: '2' } },
    ...{ repository: 'https://git.example/x', branch: 'main', commit: 'c'.repeat(40), changes: [] },
    ...{ seenAt: '2026-01-01T00:00:00Z', selectedAt: '2026-01-01T00:00:02Z', committedAt: '2026-01-01T00:00:05Z' },
  },
  ...(phases === undefined ? {} : { status: { phases: [...phases] } }),
});
const applied: PhaseEntry = { phase: 'Applied', at: '2026-01-01T00:00:08Z' };
const healthy: PhaseEntry = { phase: 'Healthy', at: '2026-01-01T00:01:08Z' };

test('the first look measures how the bump came to the branch', () => {
  expect(hopsOf(rollout(), { phases: [applied] }, [applied])).toEqual([
    { hop: 'seen to selected', seconds: 2 },
    { hop: 'selected to committed', seconds: 3 },
    { hop: 'committed to applied', seconds: 3 },
  ]);
});

test('a later one measures what is new, and counts each outcome once', () => {
  const before = rollout([applied]);
  expect(hopsOf(before, { phases: [applied, healthy] }, [healthy])).toEqual([
    { hop: 'applied to healthy', seconds: 60 },
    { hop: 'seen to healthy', seconds: 68 },
  ]);
  expect(outcomesOf(before, [healthy])).toEqual(['Healthy']);
  expect(outcomesOf(rollout([applied, healthy]), [healthy])).toEqual([]);
});

test('where the clock went back, nothing is measured', () => {
  expect(hopsOf(rollout([]), { phases: [{ ...applied, at: '2025-01-01T00:00:00Z' }] }, [applied])).toEqual([]);
});
