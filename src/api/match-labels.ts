export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?: readonly LabelExpression[] | undefined;
}

interface LabelExpression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

/** Whether labels satisfy a metav1.LabelSelector; an absent or empty one takes everything. */
export function matchesSelector(labels: Readonly<Record<string, string>>, selector: LabelSelector | undefined): boolean {
  const wanted = Object.entries(selector?.matchLabels ?? {});
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    (selector?.matchExpressions ?? []).every((one) => matchesExpression(labels, one))
  );
}

/** What is wrong with a selector that the API let through, or null. */
export function findSelectorProblem(selector: LabelSelector | undefined): string | null {
  for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
    const takesValues = operator === 'In' || operator === 'NotIn';
    if (!takesValues && operator !== 'Exists' && operator !== 'DoesNotExist')
      return `"${operator}" is not a valid label selector operator`;
    if (takesValues && values.length === 0) return `values of "${key}": for 'in', 'notin' operators, values set can't be empty`;
    if (!takesValues && values.length > 0) return `values of "${key}": values set must be empty for exists and does not exist`;
  }
  return null;
}

function matchesExpression(labels: Readonly<Record<string, string>>, { key, operator, values = [] }: LabelExpression): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
