/** Whether labels (or annotations) are selected. */
export type TextSelector = (values: Readonly<Record<string, string>>) => boolean;

const setRequirement = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)$/;
const equalRequirement = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;
const existRequirement = /^(!?)\s*([^\s!=,()]+)$/;

/** A selector in the form of kubectl: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Null when it is not one; '' selects everything. */
export function parseTextSelector(text: string): TextSelector | null {
  const requirements = splitRequirements(text).map(parseRequirement);
  if (requirements.includes(null)) return null;
  return (values) => requirements.every((matches) => matches?.(values));
}

function splitRequirements(text: string): string[] {
  if (text.trim() === '') return [];
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function parseRequirement(text: string): TextSelector | null {
  const [, key = '', operator, list = ''] = setRequirement.exec(text) ?? [];
  if (operator !== undefined) {
    const listed = new Set(list.split(',').map((value) => value.trim()));
    const isIn: TextSelector = (values) => Object.hasOwn(values, key) && listed.has(values[key] ?? '');
    return operator === 'in' ? isIn : (values) => !isIn(values);
  }
  const [, name = '', sign, wanted] = equalRequirement.exec(text) ?? [];
  if (sign !== undefined) {
    const isEqual: TextSelector = (values) => Object.hasOwn(values, name) && values[name] === wanted;
    return sign === '!=' ? (values) => !isEqual(values) : isEqual;
  }
  const [, not, asked] = existRequirement.exec(text) ?? [];
  if (asked === undefined) return null;
  return (values) => Object.hasOwn(values, asked) !== (not === '!');
}
