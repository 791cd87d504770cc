import type { Kustomization } from '../api/index.ts';
import { dependencyNotFound, dependencyReady, dependencyRefs, readyExpressionOf } from '../apply/index.ts';
import { formatKey, type KubeObject, nameOf } from '../core/index.ts';
import type { Expression } from '../expression/index.ts';
import type { KustomizationDeps } from './kustomization-deps.ts';

const readyScope = ['self', 'dep'];

/** The first expression of the spec that can never be evaluated, as a sentence; null when all can. */
export async function findBadExpression(
  kustomization: Kustomization,
  { expressions }: Pick<KustomizationDeps, 'expressions'>,
): Promise<string | null> {
  const named = expressionsOf(kustomization);
  if (named.length === 0) return null;
  const mistakes = await expressions.check(named.map(({ expression }) => expression));
  const index = mistakes.findIndex((mistake) => mistake !== null);
  const found = named[index];
  return found === undefined ? null : `${found.field}: ${mistakes[index]}: ${found.expression.text}`;
}

function expressionsOf({ spec }: Kustomization): { readonly field: string; readonly expression: Expression }[] {
  const ready = (spec.dependsOn ?? []).map(({ readyExpr }, index) => ({
    field: `spec.dependsOn[${index}].readyExpr`,
    expression: { text: readyExpr ?? '', scope: readyScope },
  }));
  const health = (spec.healthCheckExprs ?? []).flatMap((rule, index) =>
    (['current', 'inProgress', 'failed'] as const).map((name) => ({
      field: `spec.healthCheckExprs[${index}].${name}`,
      expression: { text: rule[name] ?? '', scope: 'object' as const },
    })),
  );
  return [...ready, ...health].filter(({ expression }) => expression.text !== '');
}

/** Why the dependencies do not let it run yet; null when they do. */
export async function unready(
  kustomization: Kustomization,
  all: readonly Kustomization[],
  { revision, deps }: { readonly revision: string; readonly deps: Pick<KustomizationDeps, 'expressions'> },
): Promise<string | null> {
  const byKey = new Map(all.map((one) => [formatKey(nameOf(one)), one]));
  for (const [index, ref] of dependencyRefs(kustomization as KubeObject).entries()) {
    const dependency = byKey.get(formatKey(ref));
    if (dependency === undefined) return dependencyNotFound(ref);
    const readyExpr = readyExpressionOf(kustomization as KubeObject, index);
    const because =
      readyExpr === null
        ? byConditions(kustomization, dependency, revision)
        : await byExpression(readyExpr, { self: kustomization, dep: dependency }, deps);
    if (because !== null) return because;
  }
  return null;
}

function byConditions(self: Kustomization, dependency: Kustomization, revision: string): string | null {
  const decision = dependencyReady(self as KubeObject, dependency as KubeObject, revision);
  return decision.do === 'wait' ? decision.because : null;
}

/** In place of the conditions, as Flux has it. */
async function byExpression(
  text: string,
  values: { readonly self: Kustomization; readonly dep: Kustomization },
  { expressions }: Pick<KustomizationDeps, 'expressions'>,
): Promise<string | null> {
  const what = `dependency '${formatKey(nameOf(values.dep))}'`;
  const [answer] = await expressions.evaluate([{ text, scope: readyScope }], values);
  if (answer?.kind === 'value') return answer.value ? null : `${what} is not ready according to readyExpr eval`;
  return `${what}: readyExpr could not be evaluated: ${answer?.because ?? 'no answer'}`;
}
