import { expect, test } from 'vitest';
import { decideUndo, type UndoFacts } from '../../src/rollout/index.ts';

const guilty: UndoFacts = {
  ...{ onUnhealthy: 'Rollback', isOwn: true, isSuspended: false, previous: 'healthy' },
  ...{ changedToo: null, unrelated: null, undoneBefore: null },
  evidence: { kind: 'Restarts', message: 'restarted 3 times' },
};

test('a bump goes back where everything says that it is the image', () => {
  expect(decideUndo(guilty)).toEqual({ do: 'undo' });
});

test.for([
  { because: 'its guards only want to be told', difference: { onUnhealthy: 'Notify' }, reason: 'Notify' },
  { because: 'its guards ignore it', difference: { onUnhealthy: 'Ignore' }, reason: 'Ignore' },
  { because: 'another automation made the commit', difference: { isOwn: false }, reason: 'OtherWriter' },
  { because: 'nothing speaks against the image', difference: { evidence: null }, reason: 'NotTheImage' },
  { because: 'the automation is suspended', difference: { isSuspended: true }, reason: 'Suspended' },
  { because: 'the same version went back before', difference: { undoneBefore: '1a2b3c4' }, reason: 'UndoneBefore' },
  { because: 'the version before is ill too', difference: { previous: 'ill' }, reason: 'PreviousUnhealthy' },
  { because: 'nobody knows how the version before did', difference: { previous: 'unknown' }, reason: 'PreviousUnhealthy' },
  { because: 'more than the image changed', difference: { changedToo: 'Deployment/shop/web' }, reason: 'MoreChanged' },
  { because: 'another image fails at the same time', difference: { unrelated: 'api 2.0.0' }, reason: 'BreakerOpen' },
] as const)('it stays where $because: $reason', ({ difference, reason }) => {
  const decision = decideUndo({ ...guilty, ...difference });
  expect(decision.do === 'withhold' && decision.reason).toBe(reason);
});
