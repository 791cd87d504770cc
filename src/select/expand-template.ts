/** A piece of a template: text, a group by number, or a group by name. */
export type TemplatePiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'group'; readonly group: number }
  | { readonly kind: 'named'; readonly name: string };

/** `$` and what names a group behind it: the longest run of letters, digits and `_`, or the same in braces. */
const reference = /\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;

/**
 * Reads a template as Go's `Regexp.Expand` does: `$1`, `${name}`, `$$`; `$1x` is the group named `1x`; any other `$` is itself.
 */
export function parseTemplate(template: string): TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let done = 0;
  for (const match of template.matchAll(reference)) {
    if (match.index > done) pieces.push({ kind: 'text', text: template.slice(done, match.index) });
    pieces.push(match[1] ? { kind: 'text', text: '$' } : groupPiece(match[2] ?? match[3] ?? ''));
    done = match.index + match[0].length;
  }
  if (done < template.length) pieces.push({ kind: 'text', text: template.slice(done) });
  return pieces;
}

/** Digits are a number unless padded; everything else is a name. */
function groupPiece(name: string): TemplatePiece {
  const isNumber = /^(0|[1-9][0-9]{0,7})$/.test(name);
  return isNumber ? { kind: 'group', group: Number(name) } : { kind: 'named', name };
}

/** The template's text for one match; groups that do not exist or took no part are empty. */
export function expandTemplate(
  pieces: readonly TemplatePiece[],
  match: { group(group: number): string | null; groupCount(): number },
  names: Readonly<Record<string, number>>,
): string {
  const read = (group: number | undefined) =>
    group === undefined || group > match.groupCount() ? '' : (match.group(group) ?? '');
  return pieces.map((piece) => expandPiece(piece, read, names)).join('');
}

function expandPiece(
  piece: TemplatePiece,
  read: (group: number | undefined) => string,
  names: Readonly<Record<string, number>>,
): string {
  switch (piece.kind) {
    case 'text':
      return piece.text;
    case 'group':
      return read(piece.group);
    case 'named':
      return read(Object.hasOwn(names, piece.name) ? names[piece.name] : undefined);
    default:
      return piece satisfies never;
  }
}
