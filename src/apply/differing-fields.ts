import { isSameJson } from './json.ts';

/** The paths at which `wanted` is not what is there; list items go by their `name`, where they have one. No values: some are secret. */
export function differingFields(wanted: unknown, live: unknown, path = ''): string[] {
  if (Array.isArray(wanted)) return differingItems(wanted, Array.isArray(live) ? live : [], path);
  if (!isRecord(wanted)) return isSameJson(wanted, live) ? [] : [path];
  const there = isRecord(live) ? live : {};
  return Object.entries(wanted).flatMap(([name, value]) =>
    differingFields(value, there[name], path === '' ? name : `${path}.${name}`),
  );
}

function differingItems(wanted: readonly unknown[], live: readonly unknown[], path: string): string[] {
  return wanted.flatMap((item, index) => {
    const name = nameOf(item);
    const other = name === null ? live[index] : live.find((candidate) => nameOf(candidate) === name);
    return differingFields(item, other, `${path}[${name ?? index}]`);
  });
}

function nameOf(item: unknown): string | null {
  return isRecord(item) && typeof item['name'] === 'string' ? item['name'] : null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
