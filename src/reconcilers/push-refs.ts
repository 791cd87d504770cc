/** Whether a full ref name matches one of the globs (`*` stands for anything); without globs every ref does. */
export function isRefAllowed(ref: string, allowed: readonly string[] | undefined): boolean {
  return allowed === undefined || allowed.some((glob) => matchesGlob(ref, glob));
}

/** Piece by piece, so that no pattern takes long. */
function matchesGlob(ref: string, glob: string): boolean {
  const [first = '', ...rest] = glob.split('*');
  const last = rest.pop();
  if (last === undefined) return ref === glob;
  if (!ref.startsWith(first) || !ref.endsWith(last) || ref.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = ref.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= ref.length - last.length;
}
