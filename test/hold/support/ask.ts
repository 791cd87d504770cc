import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Marker } from '../../../src/core/index.ts';
import {
  createHoldFinder,
  type HistoryMirror,
  type HoldAnswer,
  type HoldQuestion,
  type LastPush,
  type OrderTags,
} from '../../../src/hold/index.ts';
import { image, markerIn } from './manifest.ts';
import { readRepository } from './read-repository.ts';
import type { Repository } from './repository.ts';

/** Three numbers; anything else has no order. */
export const orderTags: OrderTags = (a, b) => {
  const [left, right] = [a, b].map((tag) => /^(\d+)\.(\d+)\.(\d+)$/.exec(tag)?.slice(1).map(Number));
  if (!left || !right) return 'unordered';
  return left.map((number, at) => Math.sign(number - (right[at] ?? 0))).find((sign) => sign !== 0) ?? 0;
};

export interface Asked {
  readonly file?: string;
  readonly policy?: string;
  readonly part?: Marker['part'];
  readonly object?: string;
  readonly newValue?: string;
  readonly head?: string;
  readonly lastPush?: LastPush;
  readonly mirror?: HistoryMirror;
}

/** Asks for `tag` at the marker in the file as it is checked out. */
export async function ask(repository: Repository, tag: string, asked: Asked = {}): Promise<HoldAnswer> {
  return createHoldFinder(asked.mirror ?? readRepository(repository.path)).check(questionFor(repository, tag, asked));
}

export function questionFor(repository: Repository, tag: string, asked: Asked = {}): HoldQuestion {
  const { file = 'web.yaml', policy = 'web', lastPush } = asked;
  return {
    marker: markerIn(file, readFileSync(join(repository.path, file), 'utf8'), { ...asked, policy }),
    newValue: asked.newValue ?? image(tag, policy),
    orderTags,
    head: asked.head ?? repository.head(),
    ...(lastPush ? { lastPush } : {}),
  };
}

/** `held by <commit>`, `held`, `free`, `freed by <commit>` or `unreadable`: an answer in words, for tables. */
export function inWords(answer: HoldAnswer): string {
  if (answer.kind === 'held') return answer.hold.by ? `held by ${answer.hold.by.commit}` : 'held';
  if (answer.kind === 'unreadable') return 'unreadable';
  return answer.decidedBy === null ? 'free' : `freed by ${answer.decidedBy}`;
}
