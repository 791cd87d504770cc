/** Whether a text can be a tag at all, by the grammar of the OCI distribution specification. */
export function isValidTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text);
}
