import { goQuote } from '../select/index.ts';
import type { Budget } from './budget.ts';
import { type FunctionTable, findTypeProblem, goTypeOf, type TemplateFunction } from './define.ts';
import { FunctionError } from './error.ts';
import {
  type CommandNode,
  type IdentifierNode,
  type NumberNode,
  type Operand,
  type PipeNode,
  printNode,
  type TemplateNode,
} from './nodes.ts';
import { GoMap, Int, isTrue, type ParameterType, Struct, typeName, type Value } from './value.ts';

/** What a rendering does on the way: where it stands, for its messages, and how it fails. */
export interface Trace {
  readonly budget: Budget;
  at(node: TemplateNode): void;
  fail(problem: string): never;
}

/** `undefined` where no value is piped in; a value that is missing is `null`. */
type Piped = Value | undefined;

interface Variable {
  readonly name: string;
  value: Value;
}

/** Evaluates the expressions of one running template, with its variables. */
export class Evaluator {
  readonly #trace: Trace;
  readonly #functions: FunctionTable;
  readonly #variables: Variable[];

  constructor(trace: Trace, functions: FunctionTable, root: Value) {
    this.#trace = trace;
    this.#functions = functions;
    this.#variables = [{ name: '$', value: root }];
  }

  mark(): number {
    return this.#variables.length;
  }

  /** Forgets the variables declared since `mark`. */
  drop(mark: number): void {
    this.#variables.length = mark;
  }

  assign(name: string, value: Value): void {
    const variable = this.#find(name);
    if (variable === undefined) this.#trace.fail(`undefined variable: ${name}`);
    variable.value = value;
  }

  /** The innermost one of that name; looking through many of them costs. */
  #find(name: string): Variable | undefined {
    this.#trace.budget.spend(this.#variables.length / 4);
    return this.#variables.findLast((candidate) => candidate.name === name);
  }

  /** Sets the variable declared `fromEnd` before the last one. */
  assignTop(fromEnd: number, value: Value): void {
    const variable = this.#variables.at(-fromEnd);
    if (variable !== undefined) variable.value = value;
  }

  pipeline(dot: Value, pipe: PipeNode): Value {
    this.#trace.at(pipe);
    let value: Piped;
    for (const command of pipe.commands) value = this.#command(dot, command, value);
    for (const { path } of pipe.declared) {
      if (pipe.assigns) this.assign(path[0] ?? '', value ?? null);
      else this.#variables.push({ name: path[0] ?? '', value: value ?? null });
    }
    return value ?? null;
  }

  #command(dot: Value, command: CommandNode, piped: Piped): Value {
    const { args } = command;
    const [first] = args;
    if (first === undefined) return null;
    this.#trace.budget.step();
    switch (first.kind) {
      case 'field':
        this.#trace.at(first);
        return this.#fields(dot, dot, first, first.path, args, piped);
      case 'chain':
        return this.#chain(dot, first, args, piped);
      case 'identifier':
        return this.#callNamed(dot, first, command, piped);
      case 'variable':
        return this.#variable(dot, first, args, piped);
      case 'pipe':
        this.#refuseArguments(args, piped);
        return this.pipeline(dot, first);
      default:
        this.#trace.at(first);
        this.#refuseArguments(args, piped);
        return first.kind === 'nil' ? this.#trace.fail('nil is not a command') : this.#literal(dot, first);
    }
  }

  #refuseArguments(args: readonly Operand[], piped: Piped): void {
    const [first] = args;
    if (first !== undefined && (args.length > 1 || piped !== undefined)) {
      this.#trace.fail(`can't give argument to non-function ${printNode(first)}`);
    }
  }

  #literal(dot: Value, node: Extract<Operand, { kind: 'dot' | 'nil' | 'bool' | 'number' | 'string' }>): Value {
    switch (node.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'number':
        return this.#number(node);
      default:
        return node.value;
    }
  }

  #number({ text, whole, float }: NumberNode): Value {
    const isHex = /^[+-]?0[xX]/.test(text);
    if (!isHex && !text.startsWith("'") && /[.eE]/.test(text)) return float;
    return whole === null ? this.#trace.fail(`${text} overflows int`) : new Int(whole);
  }

  #chain(dot: Value, node: Extract<Operand, { kind: 'chain' }>, args: readonly Operand[], piped: Piped): Value {
    this.#trace.at(node);
    if (node.node.kind === 'nil') this.#trace.fail(`indirection through explicit nil in ${printNode(node)}`);
    const receiver = this.argument(dot, 'any', node.node);
    return this.#fields(dot, receiver, node, node.path, args, piped);
  }

  #variable(dot: Value, node: Extract<Operand, { kind: 'variable' }>, args: readonly Operand[], piped: Piped): Value {
    this.#trace.at(node);
    const [name = '', ...path] = node.path;
    const variable = this.#find(name);
    if (variable === undefined) this.#trace.fail(`undefined variable: ${name}`);
    if (path.length > 0) return this.#fields(dot, variable.value, node, path, args, piped);
    this.#refuseArguments(args, piped);
    return variable.value;
  }

  /** Arguments go to the last name alone. */
  #fields(dot: Value, start: Value, node: Operand, path: readonly string[], args: readonly Operand[], piped: Piped): Value {
    let receiver = start;
    path.forEach((name, index) => {
      const isLast = index === path.length - 1;
      const holder = receiver;
      receiver = this.#field(dot, receiver, name, node, isLast ? args : [], isLast ? piped : undefined);
      if (!isLast && holder instanceof GoMap && holder.type.elem === 'interface {}') {
        this.#checkInterface(receiver, path[index + 1] ?? '', holder.get(name) !== undefined);
      }
    });
    return receiver;
  }

  /** Go knows such a value as an interface, which shows in its messages; a key that holds nil is not the same as no key. */
  #checkInterface(value: Value, next: string, isThere: boolean): void {
    if (value === null && isThere) this.#trace.fail(`nil pointer evaluating interface {}.${next}`);
    const hasFields = value instanceof Struct || value instanceof GoMap;
    if (value !== null && !hasFields) this.#trace.fail(`can't evaluate field ${next} in type interface {}`);
  }

  #field(dot: Value, receiver: Value, name: string, node: Operand, args: readonly Operand[], piped: Piped): Value {
    if (receiver === null) return null;
    const hasArguments = args.length > 1 || piped !== undefined;
    if (receiver instanceof Struct) {
      const method = receiver.methods.get(name);
      if (method !== undefined) return this.#call(dot, { ...method, rest: null }, name, node, args, piped);
      const value = receiver.field(name);
      if (value !== undefined && hasArguments) this.#trace.fail(`${name} has arguments but cannot be invoked as function`);
      if (value !== undefined) return value;
    }
    if (receiver instanceof GoMap && receiver.type.key === 'string') {
      if (hasArguments) this.#trace.fail(`${name} is not a method but has arguments`);
      return receiver.get(name) ?? null;
    }
    return this.#trace.fail(`can't evaluate field ${name} in type ${typeName(receiver)}`);
  }

  /** `place` is where an error of the function itself shows: the whole command, or the name alone as an argument. */
  #callNamed(dot: Value, { name, ...at }: IdentifierNode, place: CommandNode | IdentifierNode, piped: Piped): Value {
    this.#trace.at({ name, ...at });
    const args = place.kind === 'command' ? place.args : [];
    if (name === 'and' || name === 'or') return this.#shortCircuit(dot, name, args, piped);
    if (name === 'call') return this.#callValue(dot, place, args, piped);
    const found = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (found === undefined) return this.#trace.fail(`${goQuote(name)} is not a defined function`);
    return this.#call(dot, found, name, place, args, piped);
  }

  #shortCircuit(dot: Value, name: 'and' | 'or', args: readonly Operand[], piped: Piped): Value {
    if (args.length < 2 && piped === undefined) this.#trace.fail(`wrong number of args for ${name}: want at least 1 got 0`);
    let value: Value = null;
    for (const arg of args.slice(1)) {
      value = this.argument(dot, 'any', arg);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return piped === undefined ? value : piped;
  }

  /** No value of a message's data is a function. */
  #callValue(dot: Value, node: TemplateNode, args: readonly Operand[], piped: Piped): Value {
    const [, first] = args;
    if (first === undefined && piped === undefined) this.#trace.fail('wrong number of args for call: want at least 1 got 0');
    const callee = first === undefined ? (piped ?? null) : this.argument(dot, 'any', first);
    this.#trace.at(node);
    if (callee === null) this.#trace.fail('error calling call: call of nil');
    const shown = first === undefined ? 'the value' : printNode(first);
    return this.#trace.fail(`error calling call: non-function ${shown} of type ${typeName(callee)}`);
  }

  #call(dot: Value, callee: TemplateFunction, name: string, node: TemplateNode, args: readonly Operand[], piped: Piped): Value {
    const given = args.slice(1);
    this.#checkCount(callee, name, given.length, piped);
    const { params, rest } = callee;
    const values = given.map((arg, index) => this.argument(dot, params[index] ?? rest ?? 'any', arg));
    if (piped !== undefined) values.push(this.#checked(piped, params[given.length] ?? rest ?? 'any'));
    for (const value of values) if (typeof value === 'string') this.#trace.budget.spend(value.length);
    try {
      return callee.call(values, this.#trace.budget);
    } catch (thrown) {
      if (!(thrown instanceof FunctionError)) throw thrown;
      this.#trace.at(node);
      return this.#trace.fail(`error calling ${name}: ${thrown.message}`);
    }
  }

  #checkCount({ params, rest }: TemplateFunction, name: string, given: number, piped: Piped): void {
    const total = given + (piped === undefined ? 0 : 1);
    if (rest !== null && total < params.length) {
      this.#trace.fail(`wrong number of args for ${name}: want at least ${params.length} got ${given}`);
    }
    if (rest === null && total !== params.length) {
      this.#trace.fail(`wrong number of args for ${name}: want ${params.length} got ${total}`);
    }
  }

  /** One argument, checked against the parameter it goes to. */
  argument(dot: Value, type: ParameterType, node: Operand): Value {
    this.#trace.at(node);
    switch (node.kind) {
      case 'dot':
        return this.#checked(dot, type);
      case 'nil':
        return type === 'any' || type === 'map' ? null : this.#trace.fail(`cannot assign nil to ${goTypeOf(type)}`);
      case 'field':
        return this.#checked(this.#fields(dot, dot, node, node.path, [node], undefined), type);
      case 'variable':
        return this.#checked(this.#variable(dot, node, [], undefined), type);
      case 'pipe':
        return this.#checked(this.pipeline(dot, node), type);
      case 'identifier':
        return this.#checked(this.#callNamed(dot, node, node, undefined), type);
      case 'chain':
        return this.#checked(this.#chain(dot, node, [], undefined), type);
      default:
        return this.#typedLiteral(node, type);
    }
  }

  #checked(value: Value, type: ParameterType): Value {
    const problem = findTypeProblem(value, type);
    return problem === null ? value : this.#trace.fail(problem);
  }

  #typedLiteral(node: Extract<Operand, { kind: 'bool' | 'number' | 'string' }>, type: ParameterType): Value {
    const found = printNode(node);
    switch (type) {
      case 'any':
        return node.kind === 'number' ? this.#number(node) : node.value;
      case 'bool':
        return node.kind === 'bool' ? node.value : this.#trace.fail(`expected bool; found ${found}`);
      case 'string':
        return node.kind === 'string' ? node.value : this.#trace.fail(`expected string; found ${found}`);
      case 'float64':
        return node.kind === 'number' ? node.float : this.#trace.fail(`expected float; found ${found}`);
      case 'int':
        return node.kind === 'number' && node.whole !== null
          ? new Int(node.whole)
          : this.#trace.fail(`expected integer; found ${found}`);
      default:
        return this.#trace.fail(`can't handle ${found} for arg of type ${goTypeOf(type)}`);
    }
  }
}
