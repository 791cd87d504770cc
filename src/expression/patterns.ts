import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { compilePattern } from '../select/index.ts';

/** `matches` with a pattern as Go reads it. The library's own, which has JavaScript's patterns, cannot be replaced under its name. */
const linearMatches = 'matchesRe2';

/** `"text".matches(pattern)` and `matches("text", pattern)`, unanchored, in time linear in the text. */
export function addPatterns(environment: Environment): void {
  environment
    .registerFunction(`string.${linearMatches}(string): bool`, matches)
    .registerFunction('matches(string, string): bool', matches);
}

/** From now on each call of `matches` in the expression means RE2; to be called before it is checked or evaluated. */
export function useLinearPatterns(root: ASTNode): void {
  const left: unknown[] = [root];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (Array.isArray(node)) left.push(...node);
    if (!isNode(node)) continue;
    const call = node.args;
    if (node.op === 'rcall' && Array.isArray(call) && call[0] === 'matches') call[0] = linearMatches;
    left.push(call);
  }
}

function isNode(value: unknown): value is { readonly op: string; readonly args: unknown } {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function matches(text: string, source: string): boolean {
  const compiled = compilePattern(source);
  if (compiled.kind === 'invalid') throw new Error(`Invalid regular expression: ${compiled.reason}`);
  return compiled.pattern.matcher(text).find();
}
