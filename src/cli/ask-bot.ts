import { answerAnnotation, requestAnnotation, requestedAtAnnotation } from '../api/index.ts';
import type { Cluster, KubeObject, NamespacedName } from '../core/index.ts';
import { type Answer, formatRequest, parseAnswer, type Request } from '../rollout/index.ts';
import { CliError } from './error.ts';
import { type KindView, readyOf } from './kind-views.ts';
import { annotate, requestedNow } from './request-reconcile.ts';
import type { Session } from './session.ts';
import { waitFor } from './wait-for.ts';

/** A request without what says who asks, and which of all requests it is. */
export type Wish<R extends Request = Request> = R extends Request ? Omit<R, 'id' | 'by'> : never;

/** Asks the bot to commit something, by an annotation, and waits for its answer. Throws FAILED with the bot's words where it did not. */
export async function askBot(
  cluster: Cluster,
  { view, target, timeoutMs }: { readonly view: KindView; readonly target: NamespacedName; readonly timeoutMs: number },
  wish: Wish,
  session: Session,
): Promise<Answer> {
  const id = requestedNow(session.clock.now());
  const by = await whoAmI(cluster, session);
  const request = { ...wish, id, ...(by === null ? {} : { by }) } as Request;
  await annotate(cluster, view, target, { [requestAnnotation]: formatRequest(request), [requestedAtAnnotation]: id });
  const answered = (object: KubeObject) => {
    const { answer: inStatus } = (object['status'] as { answer?: string } | undefined) ?? {};
    const answer = parseAnswer(inStatus ?? object.metadata.annotations?.[answerAnnotation]);
    return answer?.id === id ? answer : null;
  };
  const wait = { view, target, timeoutMs, describe: (object: KubeObject) => readyOf(object).message };
  const answer = answered(await waitFor(cluster, wait, session, (object) => answered(object) !== null));
  if (answer?.ok !== true) throw new CliError('FAILED', `not done: ${answer?.message ?? 'no answer'}`);
  return answer;
}

/** The name that the API server knows the caller by; else that of the shell. */
export async function whoAmI(cluster: Cluster, { environment }: Session): Promise<string | null> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} as KubeObject['metadata'] };
  const answer = await cluster.create(review).catch(() => null);
  const user = (answer?.['status'] as { userInfo?: { username?: string } } | undefined)?.userInfo?.username;
  return user ?? environment['USER'] ?? null;
}
