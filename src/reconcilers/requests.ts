import type { ImageUpdateAutomation } from '../api/index.ts';
import type { StepContext } from '../core/index.ts';
import { answerHolds, type HoldRequestDeps } from './hold-request.ts';
import { answerRollback } from './rollback-request.ts';
import type { RolloutWriter } from './rollout-deps.ts';

/** Does what people ask an automation to commit, by annotations on it and on guards; whatever becomes of it is answered there. */
export async function answerRequests(
  automation: ImageUpdateAutomation,
  writer: RolloutWriter,
  context: StepContext,
  deps: HoldRequestDeps,
): Promise<void> {
  await answerRollback(automation, writer, context, deps);
  await answerHolds(automation, writer, context, deps);
}
