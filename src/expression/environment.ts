import { isDeepStrictEqual } from 'node:util';
import { Environment } from '@marcbachmann/cel-js';
import type { ExpressionScope } from './expression.ts';
import { formatText } from './format-text.ts';
import { addPatterns } from './patterns.ts';
import { quoteText } from './quote-text.ts';

const limits = { maxAstNodes: 5000, maxDepth: 100 };

/** CEL as Flux has it: optional types, RE2, and the libraries of strings, sets and encoders. */
export function createEnvironment(scope: ExpressionScope): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: scope === 'object',
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: true,
    limits,
  });
  addPatterns(environment);
  addStrings(environment);
  addSets(environment);
  addEncoders(environment);
  if (scope !== 'object') for (const name of scope) environment.registerVariable(name, 'dyn');
  return environment;
}

class StringsNamespace {}

function addStrings(environment: Environment): void {
  environment
    .registerType('StringsNamespace', { ctor: StringsNamespace })
    .registerConstant('strings', 'StringsNamespace', new StringsNamespace())
    .registerFunction('StringsNamespace.quote(string): string', (_: unknown, text: string) => quoteText(text))
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => characterAt(text, Number(at)))
    .registerFunction('string.replace(string, string): string', (text: string, old: string, by: string) =>
      text.split(old).join(by),
    )
    .registerFunction('string.replace(string, string, int): string', replaceSome)
    .registerFunction('string.reverse(): string', (text: string) => [...text].toReversed().join(''))
    .registerFunction('string.format(list): string', (text: string, values: readonly unknown[]) => formatText(text, values));
}

function characterAt(text: string, at: number): string {
  const characters = [...text];
  if (at < 0 || at > characters.length) throw new Error(`index out of range: ${at}`);
  return characters[at] ?? '';
}

function replaceSome(text: string, old: string, by: string, count: bigint): string {
  if (count < 0n) return text.split(old).join(by);
  const parts = text.split(old);
  const replaced = parts.slice(0, Number(count) + 1).join(by);
  const rest = parts.slice(Number(count) + 1);
  return rest.length === 0 ? replaced : [replaced, ...rest].join(old);
}

class SetsNamespace {}

function addSets(environment: Environment): void {
  const holds = (list: readonly unknown[], item: unknown) => list.some((other) => isDeepStrictEqual(other, item));
  const contains = (list: readonly unknown[], other: readonly unknown[]) => other.every((item) => holds(list, item));
  type List = readonly unknown[];
  environment
    .registerType('SetsNamespace', { ctor: SetsNamespace })
    .registerConstant('sets', 'SetsNamespace', new SetsNamespace())
    .registerFunction('SetsNamespace.contains(list, list): bool', (_: unknown, a: List, b: List) => contains(a, b))
    .registerFunction(
      'SetsNamespace.equivalent(list, list): bool',
      (_: unknown, a: List, b: List) => contains(a, b) && contains(b, a),
    )
    .registerFunction('SetsNamespace.intersects(list, list): bool', (_: unknown, a: List, b: List) =>
      a.some((item) => holds(b, item)),
    );
}

class Base64Namespace {}

function addEncoders(environment: Environment): void {
  environment
    .registerType('Base64Namespace', { ctor: Base64Namespace })
    .registerConstant('base64', 'Base64Namespace', new Base64Namespace())
    .registerFunction('Base64Namespace.encode(bytes): string', (_: unknown, bytes: Uint8Array) =>
      Buffer.from(bytes).toString('base64'),
    )
    .registerFunction('Base64Namespace.decode(string): bytes', (_: unknown, text: string) =>
      Uint8Array.from(Buffer.from(text, 'base64')),
    );
}
