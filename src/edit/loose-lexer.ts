import { Lexer } from 'yaml';

/** What the lexer keeps about flow collections; not part of its declared interface. */
interface FlowState {
  flowLevel: number;
  indentNext: number;
}

/**
 * The lexemes of a text as `Lexer` gives them, except that lines inside `[ ]` and `{ }` may be indented as they like. YAML wants
 * them deeper than the block around; Kubernetes' own tools do not ask, so such files are committed and work.
 */
export function* lexLoosely(text: string): Generator<string> {
  const lexer = new Lexer();
  const state = lexer as unknown as FlowState;
  let indentOutside: number | null = null;
  for (const lexeme of lexer.lex(text)) {
    if (state.flowLevel > 0 && indentOutside === null) {
      indentOutside = state.indentNext;
      state.indentNext = 0;
    } else if (state.flowLevel === 0 && indentOutside !== null) {
      state.indentNext = indentOutside;
      indentOutside = null;
    }
    yield lexeme;
  }
}
