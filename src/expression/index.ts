export { createExpressions, type Expressions, type ExpressionsOptions } from './create-expressions.ts';
export type { Expression, ExpressionAnswer, ExpressionScope } from './expression.ts';
