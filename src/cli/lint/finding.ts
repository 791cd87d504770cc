/** Something that lint says about a file. */
export interface Finding {
  /** From the root of the tree. */
  readonly file: string;
  /** 1-based; 1 where only the file is known. */
  readonly line: number;
  readonly column: number;
  readonly severity: 'error' | 'warning';
  readonly rule: Rule;
  readonly message: string;
}

export type Rule = 'syntax' | 'marker' | 'resource' | 'policy' | 'annotation' | 'reference' | 'guard' | 'secret' | 'unreadable';

/** By file, line and column; equal ones once. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const byText = new Map(findings.map((one) => [`${one.file}\0${one.line}\0${one.column}\0${one.message}`, one] as const));
  return [...byText.values()].toSorted((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
