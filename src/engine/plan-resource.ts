import type { Ask, KubeObject, PlanLike, Reconciler, StepContext } from '../core/index.ts';
import { EngineError } from './error.ts';

const asksAtMost = 5;

/** Observes and decides, answering questions for a few rounds; writes nothing. */
export async function planResource<R extends KubeObject, S, P extends PlanLike, D, Q>(
  reconciler: Reconciler<R, S, P, D, Q>,
  resource: R,
  context: StepContext,
): Promise<P> {
  let seen = await reconciler.observe(resource, context);
  for (let round = 0; round < asksAtMost; round += 1) {
    const decision = reconciler.decide(resource, seen, context.clock.now());
    if (!isAsk<Q>(decision)) return decision;
    seen = await reconciler.observe(resource, context, { question: decision.question, seen });
  }
  throw new EngineError('UNDECIDED', `${resource.kind} ${resource.metadata.name}: no decision after ${asksAtMost} looks`);
}

function isAsk<Q>(decision: PlanLike | Ask<Q>): decision is Ask<Q> {
  return decision.do === 'ask' && 'question' in decision;
}
