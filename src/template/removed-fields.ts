import type { Operand, PipeNode, Statement, Template } from './nodes.ts';

const seeAlso = 'See: https://fluxcd.io/flux/components/image/imageupdateautomations/#message-template';

const removed = {
  root: { field: 'Updated', message: `template uses removed '.Updated' field. Please use '.Changed' instead. ${seeAlso}` },
  changed: {
    field: 'ImageResult',
    message: `template uses removed '.Changed.ImageResult' field. Please use '.Changed.FileChanges' or '.Changed.Objects' instead. ${seeAlso}`,
  },
} as const;

/** What an expression is known to be: the whole data, its `.Changed`, or anything else. */
type Known = 'root' | 'changed' | 'other';

/**
 * Flux's message about a field that message templates no longer have, or null. Found in the text, so that it shows before there is
 * anything to commit; templates that are defined but never called do not count.
 */
export function findRemovedField(template: Template): string | null {
  return new Search(template).template(template.name, 'root');
}

class Search {
  readonly #template: Template;
  readonly #seen = new Set<string>();

  constructor(template: Template) {
    this.#template = template;
  }

  template(name: string, dot: Known): string | null {
    const key = `${dot} ${name}`;
    if (this.#seen.has(key)) return null;
    this.#seen.add(key);
    const scope = new Scope(dot, new Map([['$', dot]]));
    return this.#list(this.#template.definitions.get(name) ?? [], scope);
  }

  #list(nodes: readonly Statement[], scope: Scope): string | null {
    for (const node of nodes) {
      const found = this.#statement(node, scope);
      if (found !== null) return found;
    }
    return null;
  }

  #statement(node: Statement, scope: Scope): string | null {
    switch (node.kind) {
      case 'action':
        return scope.pipe(node.pipe);
      case 'template':
        return (node.pipe === null ? null : scope.pipe(node.pipe)) ?? this.template(node.name, scope.knownPipe(node.pipe));
      case 'if':
      case 'with':
      case 'range': {
        const inner = scope.inner(scope.dot);
        const found = inner.pipe(node.pipe);
        if (found !== null) return found;
        const dots = { if: scope.dot, with: inner.knownPipe(node.pipe), range: 'other' } as const;
        const body = inner.inner(dots[node.kind]);
        if (node.kind === 'range') body.forget(node.pipe);
        return this.#list(node.list, body) ?? this.#list(node.elseList ?? [], inner.inner(scope.dot));
      }
      default:
        return null;
    }
  }
}

class Scope {
  readonly dot: Known;
  readonly #variables: Map<string, Known>;

  constructor(dot: Known, variables: Map<string, Known>) {
    this.dot = dot;
    this.#variables = variables;
  }

  inner(dot: Known): Scope {
    return new Scope(dot, new Map(this.#variables));
  }

  /** The variables of a loop are members of what it goes through. */
  forget({ declared }: PipeNode): void {
    for (const { path } of declared) this.#variables.set(path[0] ?? '', 'other');
  }

  pipe(pipe: PipeNode): string | null {
    for (const { args } of pipe.commands) {
      for (const arg of args) {
        const found = this.#operand(arg);
        if (found !== null) return found;
      }
    }
    for (const { path } of pipe.declared) this.#variables.set(path[0] ?? '', this.knownPipe(pipe));
    return null;
  }

  #operand(node: Operand): string | null {
    if (node.kind === 'pipe') return this.pipe(node);
    if (node.kind === 'chain') return this.#operand(node.node) ?? this.#path(this.#known(node.node), node.path);
    if (node.kind === 'field') return this.#path(this.dot, node.path);
    if (node.kind === 'variable') return this.#path(this.#variables.get(node.path[0] ?? '') ?? 'other', node.path.slice(1));
    return null;
  }

  #path(start: Known, path: readonly string[]): string | null {
    let known = start;
    for (const name of path) {
      if (known !== 'other' && removed[known].field === name) return removed[known].message;
      known = follow(known, name);
    }
    return null;
  }

  knownPipe(pipe: PipeNode | null): Known {
    const [command, ...more] = pipe?.commands ?? [];
    const [first, ...args] = command?.args ?? [];
    return first === undefined || more.length > 0 || args.length > 0 ? 'other' : this.#known(first);
  }

  #known(node: Operand): Known {
    switch (node.kind) {
      case 'dot':
        return this.dot;
      case 'field':
        return node.path.reduce(follow, this.dot);
      case 'variable':
        return node.path.slice(1).reduce(follow, this.#variables.get(node.path[0] ?? '') ?? 'other');
      case 'chain':
        return node.path.reduce(follow, this.#known(node.node));
      case 'pipe':
        return this.knownPipe(node);
      default:
        return 'other';
    }
  }
}

function follow(known: Known, name: string): Known {
  return known === 'root' && name === 'Changed' ? 'changed' : 'other';
}
