import { gvkOf, type KubeObject, parseApiVersion } from '../core/index.ts';
import { fieldText } from './health-fields.ts';
import { current, failed, type Health, inProgress } from './health-result.ts';

/** `spec.healthCheckExprs[]`: what healthy means for a kind. */
export interface HealthExpressions {
  /** Only its group counts. */
  readonly apiVersion: string;
  /** Absent: every kind of the group. */
  readonly kind?: string | undefined;
  readonly current: string;
  readonly inProgress?: string | undefined;
  readonly failed?: string | undefined;
}

/** What one of its expressions said of an object; `failed` where it could not be evaluated. */
export type HealthAnswer =
  | { readonly kind: 'value'; readonly value: boolean }
  | { readonly kind: 'failed'; readonly because: string };

/** The first rule for the kind of an object, or null. */
export function healthExpressionsFor(object: KubeObject, rules: readonly HealthExpressions[]): HealthExpressions | null {
  const { group, kind } = gvkOf(object);
  const isFor = (rule: HealthExpressions) =>
    parseApiVersion(rule.apiVersion).group === group && (rule.kind === undefined || rule.kind === '' || rule.kind === kind);
  return rules.find(isFor) ?? null;
}

/** The expressions of a rule in the order in which they are asked. */
export function expressionsInOrder(
  rule: HealthExpressions,
): { readonly state: 'InProgress' | 'Failed' | 'Current'; readonly text: string }[] {
  return [
    ...(rule.inProgress ? [{ state: 'InProgress' as const, text: rule.inProgress }] : []),
    ...(rule.failed ? [{ state: 'Failed' as const, text: rule.failed }] : []),
    { state: 'Current' as const, text: rule.current },
  ];
}

/** What holds whatever the expressions say: it goes, or its controller has not seen the last change. Null: ask them. */
export function healthBeforeExpressions(object: KubeObject): Health | null {
  if (object.metadata.deletionTimestamp !== undefined)
    return { status: 'Terminating', message: 'Resource scheduled for deletion' };
  const observed = fieldText(object, 'status.observedGeneration');
  const { generation } = object.metadata;
  if (observed === '' || generation === undefined || observed === String(generation)) return null;
  return inProgress(`${object.kind} generation is ${generation}, but latest observed generation is ${observed}`);
}

/** The health by the answers to `expressionsInOrder`: the first that is true counts, one that fails leaves it unknown. */
export function healthByExpressions(rule: HealthExpressions, answers: readonly HealthAnswer[]): Health {
  for (const [index, { state, text }] of expressionsInOrder(rule).entries()) {
    const answer = answers[index];
    if (answer?.kind === 'failed') return { status: 'Unknown', message: `${text}: ${answer.because}` };
    if (answer?.value !== true) continue;
    const message = `${text} is true`;
    if (state === 'Current') return current(message);
    return state === 'Failed' ? failed(message) : inProgress(message);
  }
  return inProgress(`${rule.current} is not true yet`);
}
