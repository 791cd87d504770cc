import { goQuote } from '../select/index.ts';

/** Offsets in UTF-16 units of the template's text. */
interface At {
  readonly start: number;
}

export type IdentifierNode = At & { readonly kind: 'identifier'; readonly name: string };
export type FieldNode = At & { readonly kind: 'field'; readonly path: readonly string[] };
/** `$name.field.field`: the first of the path is the name with its `$`. */
export type VariableNode = At & { readonly kind: 'variable'; readonly path: readonly string[] };
export type ChainNode = At & { readonly kind: 'chain'; readonly node: Operand; readonly path: readonly string[] };
export type NumberNode = At & {
  readonly kind: 'number';
  readonly text: string;
  /** null where the number is not whole, or does not fit Go's int64. */
  readonly whole: bigint | null;
  readonly float: number;
};

export type Operand =
  | IdentifierNode
  | FieldNode
  | VariableNode
  | ChainNode
  | NumberNode
  | PipeNode
  | (At & { readonly kind: 'dot' | 'nil' })
  | (At & { readonly kind: 'bool'; readonly value: boolean })
  | (At & { readonly kind: 'string'; readonly quoted: string; readonly value: string });

export type CommandNode = At & { readonly kind: 'command'; readonly args: readonly Operand[] };

export type PipeNode = At & {
  readonly kind: 'pipe';
  readonly declared: readonly VariableNode[];
  readonly assigns: boolean;
  readonly commands: readonly CommandNode[];
};

export type BranchNode = At & {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: PipeNode;
  readonly list: readonly Statement[];
  readonly elseList: readonly Statement[] | null;
};

export type CallNode = At & { readonly kind: 'template'; readonly name: string; readonly pipe: PipeNode | null };

export type Statement =
  | (At & { readonly kind: 'text'; readonly text: string })
  | (At & { readonly kind: 'action'; readonly pipe: PipeNode })
  | (At & { readonly kind: 'break' | 'continue' })
  | BranchNode
  | CallNode;

export type TemplateNode = Operand | CommandNode | Statement;

/** A parsed template: its own statements, and those of every template that it defines. */
export interface Template {
  readonly name: string;
  readonly text: string;
  readonly definitions: ReadonlyMap<string, readonly Statement[]>;
}

/** The node as Go prints it in its messages: normalised source. */
export function printNode(node: TemplateNode): string {
  switch (node.kind) {
    case 'identifier':
      return node.name;
    case 'field':
      return node.path.map((name) => `.${name}`).join('');
    case 'variable':
      return node.path.join('.');
    case 'chain':
      return [printArgument(node.node), ...node.path].join('.');
    case 'number':
      return node.text;
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'string':
      return node.quoted;
    case 'command':
      return node.args.map(printArgument).join(' ');
    case 'pipe':
      return printPipe(node);
    default:
      return printStatement(node);
  }
}

function printArgument(node: Operand): string {
  return node.kind === 'pipe' ? `(${printPipe(node)})` : printNode(node);
}

function printPipe({ declared, assigns, commands }: PipeNode): string {
  const names = declared.map(printNode).join(', ');
  const values = commands.map(printNode).join(' | ');
  return names === '' ? values : `${names} ${assigns ? '=' : ':='} ${values}`;
}

function printStatement(node: Statement): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'action':
      return `{{${printPipe(node.pipe)}}}`;
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'template':
      return `{{template ${goQuote(node.name)}${node.pipe === null ? '' : ` ${printPipe(node.pipe)}`}}}`;
    default: {
      const otherwise = node.elseList === null ? '' : `{{else}}${printAll(node.elseList)}`;
      return `{{${node.kind} ${printPipe(node.pipe)}}}${printAll(node.list)}${otherwise}{{end}}`;
    }
  }
}

function printAll(nodes: readonly Statement[]): string {
  return nodes.map(printNode).join('');
}
