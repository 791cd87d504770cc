import type { TagPage } from './tag-page.ts';

/** A page of a tag list as it was last read, for a registry that can say that it is still so. */
export interface KnownPage {
  /** As the registry wrote it. */
  readonly entityTag: string;
  readonly page: TagPage;
  /** Path and query of the page behind it; null for the last one. */
  readonly next: string | null;
}

/** Pages by what was asked for; the ones longest unused go when there is too much of them. */
export interface PageMemory {
  find(key: string): KnownPage | undefined;
  keep(key: string, page: KnownPage): void;
}

/** Holds at most `maxTags` tags. Only registries that send an ETag get anything remembered. */
export function createPageMemory(maxTags = 500_000): PageMemory {
  const pages = new Map<string, KnownPage>();
  let held = 0;
  const drop = (key: string) => {
    held -= weigh(pages.get(key));
    pages.delete(key);
  };
  return {
    find: (key) => {
      const found = pages.get(key);
      if (found === undefined) return undefined;
      pages.delete(key);
      pages.set(key, found);
      return found;
    },
    keep: (key, page) => {
      drop(key);
      pages.set(key, page);
      held += weigh(page);
      for (const [oldest] of pages) {
        if (held <= maxTags) break;
        drop(oldest);
      }
    },
  };
}

/** An empty page costs its key. */
function weigh(known: KnownPage | undefined): number {
  return known === undefined ? 0 : known.page.tags.length + 1;
}
