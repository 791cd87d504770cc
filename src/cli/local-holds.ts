import { dirname, join } from 'node:path';
import { type Edit, errorMessage, TagalongError } from '../core/index.ts';
import { openWorkTree, type WorkTree } from '../git/index.ts';
import { createHoldFinder, type HoldAnswer, type HoldFinder, type OrderTags } from '../hold/index.ts';

/** Holds by the history of the work tree that a file is in. */
export interface LocalHolds extends AsyncDisposable {
  /** Whether the history behind HEAD forbids the edit. A file outside of every work tree is free. */
  check(edit: Edit, orderTags: OrderTags): Promise<HoldAnswer>;
}

interface Opened {
  readonly tree: WorkTree;
  readonly finder: HoldFinder;
}

/** Asks the repositories of the files below `root`, a real path; each is opened when the first of its files is asked for. Reads only. */
export function openLocalHolds(root: string): LocalHolds {
  const opened = new Map<string, Promise<Opened | null>>();
  const open = (folder: string) => {
    const known = opened.get(folder) ?? openFolder(folder);
    opened.set(folder, known);
    return known;
  };
  return {
    async check(edit, orderTags) {
      const file = join(root, edit.marker.file);
      try {
        const found = await open(dirname(file));
        return found === null ? free('no git history') : await ask(found, file, edit, orderTags);
      } catch (error) {
        if (error instanceof TagalongError) return unreadable(errorMessage(error), 'mend that');
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      const trees = await Promise.allSettled(opened.values());
      for (const tree of trees) if (tree.status === 'fulfilled') await tree.value?.tree[Symbol.asyncDispose]();
    },
  };
}

async function openFolder(folder: string): Promise<Opened | null> {
  const tree = await openWorkTree(folder);
  return tree && { tree, finder: createHoldFinder(tree.history) };
}

async function ask({ tree, finder }: Opened, file: string, edit: Edit, orderTags: OrderTags): Promise<HoldAnswer> {
  if (tree.head === null) return free('no commit yet');
  const marker = { ...edit.marker, file: tree.pathOf(file) };
  const answer = await finder.check({ marker, newValue: edit.after, head: tree.head, orderTags });
  if (answer.kind !== 'unreadable') return answer;
  const cut = `whether ${edit.after} was taken back cannot be told: the clone is shallow, its history is cut off`;
  return unreadable(tree.isShallow ? cut : answer.because, wholeHistory);
}

function free(because: string): HoldAnswer {
  return { kind: 'free', decidedBy: null, because };
}

const wholeHistory = 'get the whole history (`git fetch --unshallow`; for actions/checkout `fetch-depth: 0` and no `filter`)';

function unreadable(because: string, remedy: string): HoldAnswer {
  return { kind: 'unreadable', reason: 'HistoryUnavailable', because: `${because}; ${remedy}, or ask for --ignore-holds` };
}
