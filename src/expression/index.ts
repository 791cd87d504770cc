export { createExpressions, type Expressions, type ExpressionsOptions } from './create-expressions.ts';
export type { ComputedAnswer, Expression, ExpressionAnswer, ExpressionScope } from './expression.ts';
