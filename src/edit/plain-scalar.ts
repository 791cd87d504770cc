/** Unquoted, these read as something else than text in YAML 1.1 or 1.2, in the core schema or in Go's reading of it. */
const otherTypes = [
  /^(~|null|Null|NULL|<<|=)?$/,
  /^(y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^[-+]?(\.[0-9_]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9_]+)?$/,
  /^[-+]?0[bBoOxX][0-9a-fA-F_.pP+-]*$/,
  /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/,
  /^[-+]?\.(inf|Inf|INF)$/,
  /^\.(nan|NaN|NAN)$/,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?$/,
];

/** Whether a text stands unquoted as itself and as text, in every place and for every reader. */
export function isPlainText(text: string): boolean {
  return /^[\w.][\w./:@+-]*$/.test(text) && !text.endsWith(':') && !otherTypes.some((type) => type.test(text));
}
