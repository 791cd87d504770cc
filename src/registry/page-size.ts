/** How many tags a registry is asked for at a time: the first that it does not refuse; null leaves the number to it. */
const sizes: readonly (number | null)[] = [1000, 100, null];

/** The page size of each registry, as far as it was refused ones. */
export interface PageSizes {
  /** Path and query of the first page of a tag list. */
  firstPage(registry: string, repository: string): string;
  /** The same page with the next smaller number, or null if it was asked for without one of ours. Remembered for the registry. */
  shrink(registry: string, path: string): string | null;
}

export function createPageSizes(): PageSizes {
  const steps = new Map<string, number>();
  const sizeOf = (registry: string) => sizes[steps.get(registry) ?? 0] ?? null;
  return {
    firstPage: (registry, repository) => withSize(`/v2/${repository}/tags/list`, sizeOf(registry)),
    shrink: (registry, path) => {
      const asked = Number(new URL(path, 'http://registry').searchParams.get('n'));
      const step = sizes.findIndex((size) => size !== null && size <= asked);
      if (step < 0) return null;
      steps.set(registry, Math.max(steps.get(registry) ?? 0, step + 1));
      return withSize(path, sizes[step + 1] ?? null);
    },
  };
}

function withSize(path: string, size: number | null): string {
  const url = new URL(path, 'http://registry');
  if (size === null) url.searchParams.delete('n');
  else url.searchParams.set('n', String(size));
  return `${url.pathname}${url.search}`;
}
