import fc from 'fast-check';

/** A value of a random document. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

const character = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...'abcXYZ0189 -_.:#\'"{}[]&*!|>%@`,?~=$<\\/+') },
  { weight: 1, arbitrary: fc.constantFrom('\n', '\t', 'ü', 'ß', '漢', '😀', '\u00a0', '\u007f', '\u0007') },
);
const word = fc.constantFrom(
  'true',
  'no',
  'null',
  '~',
  '0x1f',
  '017',
  '1e3',
  '.5',
  '1_000',
  '2024-01-02',
  '12:30:45',
  '-',
  '<<',
  '=',
  'y',
  'N',
  '0b1',
  '.inf',
);
/** Lines of which the first starts with a space or is empty are left out: go-yaml prints them so in lists that nobody can read them again. */
const isPrinted = (value: string) => !/^[ \n]/.test(value) || !value.includes('\n');

export const text = fc
  .oneof({ weight: 4, arbitrary: fc.string({ unit: character, maxLength: 30 }) }, { weight: 1, arbitrary: word })
  .filter(isPrinted);
const key = fc
  .oneof(fc.stringMatching(/^[a-z][a-z_.0-9-]{0,8}$/), fc.constantFrom('yes', 'a b', '1', 'x:y', '"q"', 'n', 'null', 'ü'))
  .filter((name) => name !== 'sops' && !name.startsWith('sops_'));
const integer = fc.oneof(fc.integer(), fc.maxSafeInteger());
const float = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 });
const leaf = fc.oneof(text, integer, float, fc.boolean(), fc.constant(null));

const { tree } = fc.letrec<{ tree: Value }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ) as fc.Arbitrary<Value>,
}));

export const object = fc.dictionary(key, tree, { minKeys: 1, maxKeys: 6, noNullPrototype: true });

/** YAML in block style, with every text quoted and a comment here and there. */
export function printYaml(value: Readonly<Record<string, Value>>, comment: () => string | null): string {
  return printMap(value, '', comment);
}

function printMap(map: Readonly<Record<string, Value>>, indent: string, comment: () => string | null): string {
  return Object.entries(map)
    .map(([name, value]) => `${printComment(indent, comment)}${indent}${quote(name)}:${printBelow(value, indent, comment)}`)
    .join('');
}

/** Comments at lists in lists are left out: sops itself loses some of them when it reads what it printed. */
function printList(list: readonly Value[], indent: string, comment: () => string | null): string {
  const commentOn = (value: Value) => (Array.isArray(value) ? '' : printComment(indent, comment));
  return list
    .map((value) => `${commentOn(value)}${indent}-${printBelow(value, indent, Array.isArray(value) ? () => null : comment)}`)
    .join('');
}

function printBelow(value: Value, indent: string, comment: () => string | null): string {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    return `\n${Array.isArray(value) ? printList(value, `${indent}  `, comment) : printMap(value as Record<string, Value>, `${indent}  `, comment)}`;
  return ` ${typeof value === 'string' ? quote(value) : Object.is(value, -0) ? '-0.0' : JSON.stringify(value)}\n`;
}

function printComment(indent: string, comment: () => string | null): string {
  const found = comment();
  return found === null ? '' : `${indent}# ${found}\n`;
}

/** JSON's escapes are YAML's, but for pairs of surrogates and what YAML does not let stand. */
function quote(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u00a0\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const variableName = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/).filter((name) => !name.startsWith('sops_'));
export const dotenv = fc
  .array(fc.tuple(variableName, text), { minLength: 1, maxLength: 6 })
  .map((lines) => lines.map(([name, value]) => `${name}=${value.replaceAll('\n', '\\n')}\n`).join(''));

const iniValue = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9 .,:/+-]{0,20}$/),
  fc.stringMatching(/^[A-Za-z0-9 #;]{1,12}$/).map((value) => `\`${value}\``),
  text.map((value) => `"""${value.replace(/["\\`]/g, '')}"""`),
);
const section = fc.tuple(
  fc.stringMatching(/^[a-z][a-z. ]{0,8}[a-z]$/),
  fc.array(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/), iniValue), { maxLength: 4 }),
);
export const ini = fc
  .uniqueArray(section, { minLength: 1, maxLength: 4, selector: ([name]) => name })
  .filter((sections) => sections.every(([name]) => name !== 'sops') && sections.some(([, keys]) => keys.length > 0))
  .map((sections) =>
    sections
      .map(([name, keys]) => `[${name}]\n${keys.map(([one, value]) => `; about ${one}\n${one} = ${value}\n`).join('')}\n`)
      .join(''),
  );
