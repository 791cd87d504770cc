/** Tags as their pages come; each once in the end. */
export interface TagCollection {
  add(tags: readonly string[]): void;
  /** With those that came twice. */
  count(): number;
  finish(): readonly string[];
}

/** Registries list in order, where nothing can come twice: only one that does not costs a set of all tags. */
export function createTagCollection(): TagCollection {
  const collected: string[] = [];
  let isAscending = true;
  let last = '';
  return {
    add: (tags) => {
      for (const tag of tags) {
        if (tag <= last) isAscending = false;
        last = tag;
        collected.push(tag);
      }
    },
    count: () => collected.length,
    finish: () => (isAscending ? collected : [...new Set(collected)]),
  };
}
