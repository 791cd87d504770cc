import { applyOperator, tooLong } from './apply-operator.ts';
import { SubstituteError } from './error.ts';
import { type Expression, fromBytes, type Part, toBytes } from './expression.ts';
import { parseParts } from './parse-parts.ts';

/** Values by name, as the bytes they are. */
export type Variables = ReadonlyMap<string, Buffer>;

const namePattern = '^[_[:alpha:]][_[:alpha:][:digit:]]*$';
/** Of values and arguments that the expressions of one text go through. */
const maxWorkBytes = 128 * 1024 * 1024;

/** Throws for a name that no expression could use. */
export function assertVariableNames(variables: Variables): void {
  for (const name of variables.keys())
    if (!/^[_A-Za-z][_A-Za-z0-9]*$/.test(name))
      throw new SubstituteError('VARIABLE_NAME', `'${name}' var name is invalid, must match '${namePattern}'`);
}

/**
 * A text with its expressions (`${name}`, `${name:=default}`, …) replaced, as Flux's envsubst does: only with braces, `$$` is a `$`,
 * and a variable that is not set is an error unless the expression has a default, or `unset: 'empty'` is wanted. Throws `SubstituteError`.
 */
export function substituteVariables(text: string, variables: Variables, unset: 'error' | 'empty' = 'error'): Buffer {
  if (!text.includes('$')) return Buffer.from(text);
  const evaluation = new Evaluation(variables, unset);
  const texts = parseParts(toBytes(text)).map((part) => evaluation.evaluate(part));
  return Buffer.from(texts.join(''), 'latin1');
}

class Evaluation {
  readonly #variables: Variables;
  readonly #unset: 'error' | 'empty';
  #workBytes = 0;

  constructor(variables: Variables, unset: 'error' | 'empty') {
    this.#unset = unset;
    this.#variables = variables;
  }

  evaluate(part: Part): string {
    if (typeof part === 'string') return part;
    const args = part.args.map((arg) => this.evaluate(arg));
    const value = this.#lookUp(part);
    this.#workBytes += [value, ...args].reduce((total, { length }) => total + length, 1);
    if (this.#workBytes > maxWorkBytes) throw tooLong(maxWorkBytes);
    return applyOperator(part.operator, value, args);
  }

  #lookUp({ name, operator }: Expression): string {
    const text = fromBytes(name);
    const value = this.#variables.get(text);
    if (value !== undefined) return value.toString('latin1');
    if (defaultOperators.has(operator) || this.#unset === 'empty') return '';
    throw new SubstituteError('VARIABLE_UNSET', `variable not set (strict mode): ${JSON.stringify(text)}`);
  }
}

const defaultOperators: ReadonlySet<string> = new Set(['=', ':=', ':-', ':?', ':+']);
