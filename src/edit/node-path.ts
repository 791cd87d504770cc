import { isMap, type YAMLSeq } from 'yaml';
import { firstValue, scalarText } from './node-text.ts';

const plainKey = /^[A-Za-z0-9_-]+$/;
const plainLabel = /^[A-Za-z_][\w./:-]*$/;

/** `spec` → `spec.image`; a key with dots or spaces is quoted, so that no two places share a path. */
export function keyStep(path: string, key: string): string {
  if (!plainKey.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** What stands in brackets for each item of a list: its `name`, `name#2` for the second of that name, else its index. */
export function itemLabels(sequence: YAMLSeq): string[] {
  const uses = new Map<string, number>();
  return sequence.items.map((item, index) => {
    const name = isMap(item) ? scalarText(firstValue(item, 'name')) : undefined;
    if (!name) return String(index);
    const use = (uses.get(name) ?? 0) + 1;
    uses.set(name, use);
    const label = plainLabel.test(name) ? name : `name=${JSON.stringify(name)}`;
    return use === 1 ? label : `${label}#${use}`;
  });
}
