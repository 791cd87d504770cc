import { goQuote } from '../select/index.ts';
import { Budget, limits } from './budget.ts';
import type { FunctionTable } from './define.ts';
import { FunctionError, LimitError, TemplateError } from './error.ts';
import { Evaluator, type Trace } from './evaluate.ts';
import { formatValue } from './format-value.ts';
import { type BranchNode, type CallNode, printNode, type Statement, type Template, type TemplateNode } from './nodes.ts';
import { GoMap, Int, isTrue, List, type Value } from './value.ts';

/** How a statement left its list. */
type Leaving = 'next' | 'break' | 'continue';

const deepest = 1000;
const maxSource = 300;

/** Applies a template to its data. @throws TemplateError with Go's message; a template of any text ends soon. */
export function execute(template: Template, data: Value, functions: FunctionTable): string {
  const run = new Run(template, functions);
  try {
    run.start(data);
  } catch (thrown) {
    if (thrown instanceof LimitError || thrown instanceof FunctionError) run.fail(thrown.message);
    // The depth is bounded; a caller that is deep in its own stack may still meet its end here.
    if (thrown instanceof RangeError) run.fail('the template nests too deeply');
    throw thrown;
  }
  return run.output();
}

class Run implements Trace {
  readonly budget = new Budget();
  readonly #template: Template;
  readonly #functions: FunctionTable;
  readonly #parts: string[] = [];
  #length = 0;
  #depth = 0;
  #calls = 0;
  #name: string;
  #node: TemplateNode | null = null;

  constructor(template: Template, functions: FunctionTable) {
    this.#template = template;
    this.#functions = functions;
    this.#name = template.name;
  }

  start(data: Value): void {
    const statements = this.#template.definitions.get(this.#template.name) ?? [];
    this.#list(data, statements, new Evaluator(this, this.#functions, data));
  }

  output(): string {
    return this.#parts.join('');
  }

  at(node: TemplateNode): void {
    this.#node = node;
  }

  fail(problem: string): never {
    const { name, text } = this.#template;
    const where =
      this.#node === null
        ? name
        : `${name}:${position(text, this.#node.start)}: executing ${goQuote(this.#name)} at <${shorten(printNode(this.#node))}>`;
    throw new TemplateError('RENDER_FAILED', `template: ${where}: ${problem}`, { retry: 'never' });
  }

  #list(dot: Value, statements: readonly Statement[], scope: Evaluator): Leaving {
    this.#depth += 1;
    if (this.#depth > deepest) throw new LimitError('the template nests too deeply');
    for (const statement of statements) {
      const leaving = this.#statement(dot, statement, scope);
      if (leaving === 'next') continue;
      this.#depth -= 1;
      return leaving;
    }
    this.#depth -= 1;
    return 'next';
  }

  #statement(dot: Value, node: Statement, scope: Evaluator): Leaving {
    this.at(node);
    this.budget.step();
    switch (node.kind) {
      case 'text':
        this.#write(node.text);
        return 'next';
      case 'action': {
        const value = scope.pipeline(dot, node.pipe);
        this.at(node);
        if (node.pipe.declared.length === 0) this.#write(value === null ? '<no value>' : formatValue(value, this.budget));
        return 'next';
      }
      case 'if':
      case 'with':
        return this.#condition(dot, node, scope);
      case 'range':
        return this.#range(dot, node, scope);
      case 'template':
        this.#call(dot, node, scope);
        return 'next';
      default:
        return node.kind;
    }
  }

  #condition(dot: Value, node: BranchNode, scope: Evaluator): Leaving {
    const mark = scope.mark();
    const value = scope.pipeline(dot, node.pipe);
    const leaving = isTrue(value)
      ? this.#list(node.kind === 'with' ? value : dot, node.list, scope)
      : this.#list(dot, node.elseList ?? [], scope);
    scope.drop(mark);
    return leaving;
  }

  #range(dot: Value, node: BranchNode, scope: Evaluator): Leaving {
    const outer = scope.mark();
    const value = scope.pipeline(dot, node.pipe);
    const mark = scope.mark();
    let isEmpty = true;
    let leaving: Leaving = 'next';
    for (const [key, member] of this.#members(value, node)) {
      isEmpty = false;
      this.budget.step();
      this.#bind(node, scope, key, member);
      const left = this.#list(member, node.list, scope);
      scope.drop(mark);
      if (left === 'break') break;
    }
    // Variables of the loop stay visible in its `else`.
    if (isEmpty && node.elseList !== null) leaving = this.#list(dot, node.elseList, scope);
    scope.drop(outer);
    return leaving;
  }

  #bind({ pipe }: BranchNode, scope: Evaluator, key: Value, member: Value): void {
    const [first, second] = pipe.declared.map(({ path }) => path[0] ?? '');
    if (first === undefined) return;
    if (!pipe.assigns) {
      scope.assignTop(1, member);
      if (second !== undefined) scope.assignTop(2, key);
      return;
    }
    scope.assign(first, second === undefined ? member : key);
    if (second !== undefined) scope.assign(second, member);
  }

  #members(value: Value, { pipe }: BranchNode): Iterable<readonly [Value, Value]> {
    if (value === null) return [];
    if (value instanceof List || value instanceof GoMap) this.budget.members(sizeOf(value));
    if (value instanceof List) return value.items.map((item, index) => [new Int(index), item] as const);
    if (value instanceof GoMap) return value.sorted();
    const shown = formatValue(value, this.budget);
    if (!(value instanceof Int)) return this.fail(`range can't iterate over ${shown}`);
    if (pipe.declared.length > 1) return this.fail(`can't use ${shown} to iterate over more than one variable`);
    return count(value);
  }

  #call(dot: Value, node: CallNode, scope: Evaluator): void {
    const statements = this.#template.definitions.get(node.name);
    if (statements === undefined) this.fail(`template ${goQuote(node.name)} not defined`);
    if (this.#calls === limits.templateDepth) this.fail(`exceeded maximum template depth (${limits.templateDepth})`);
    const inner = node.pipe === null ? null : scope.pipeline(dot, node.pipe);
    const outer = this.#name;
    this.#name = node.name;
    this.#calls += 1;
    this.#list(inner, statements, new Evaluator(this, this.#functions, inner));
    this.#calls -= 1;
    this.#name = outer;
  }

  #write(text: string): void {
    this.#length += text.length;
    if (this.#length > limits.outputCharacters)
      throw new LimitError(`the text is longer than ${limits.outputCharacters} characters`);
    this.#parts.push(text);
  }
}

function sizeOf(value: List | GoMap): number {
  return value instanceof List ? value.items.length : value.entries.size;
}

/** Of a long pipeline the start says enough. */
function shorten(source: string): string {
  return source.length > maxSource ? `${source.slice(0, maxSource)}...` : source;
}

function* count({ value, type }: Int): Generator<readonly [Value, Value]> {
  for (let index = 0n; index < value; index += 1n) yield [null, new Int(index, type)];
}

/** `line:column` as Go counts: lines from 1, columns in bytes from 0. */
function position(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return `${before.split('\n').length}:${Buffer.byteLength(before.slice(lineStart))}`;
}
