import type { TagChoice, TagListing } from '../core/index.ts';
import { createSharedFlights } from './shared-flights.ts';

/** What a walk has to know of those who wait for it. */
export interface Audience {
  /** Whether anybody wants the tag. */
  accepts(tag: string): boolean;
  /** Names the choices of all, for what is remembered of a page. */
  readonly key: string;
  /** From now on nobody with another choice can join: tags were dropped. */
  begin(): void;
}

export interface SharedListings {
  /**
   * One walk for all who ask for the same at the same time. Those with another choice of tags share it too if no page was read
   * yet, else they walk by themselves: what was dropped cannot be had back.
   */
  join(
    key: string,
    choice: TagChoice | undefined,
    signal: AbortSignal | undefined,
    walk: (signal: AbortSignal, audience: Audience) => Promise<TagListing>,
  ): Promise<TagListing>;
  abort(reason: Error): void;
}

interface Walk {
  readonly id: string;
  readonly choices: Map<string, TagChoice>;
  hasBegun: boolean;
  active: number;
}

const everything: TagChoice = { key: '', accepts: () => true };

export function createSharedListings(): SharedListings {
  const flights = createSharedFlights<TagListing>();
  const walks = new Map<string, Walk[]>();
  let count = 0;

  const findWalk = (key: string, choice: TagChoice): Walk => {
    const known = walks.get(key) ?? [];
    const open = known.find(({ hasBegun, choices }) => !hasBegun || choices.has(choice.key));
    if (open !== undefined) return open;
    count += 1;
    const walk: Walk = { id: `${key} ${count}`, choices: new Map(), hasBegun: false, active: 0 };
    walks.set(key, [...known, walk]);
    return walk;
  };
  const forget = (key: string, walk: Walk) => {
    walk.active -= 1;
    if (walk.active > 0) return;
    const rest = (walks.get(key) ?? []).filter((other) => other !== walk);
    if (rest.length === 0) walks.delete(key);
    else walks.set(key, rest);
  };

  return {
    join: async (key, choice = everything, signal, start) => {
      signal?.throwIfAborted();
      const walk = findWalk(key, choice);
      walk.choices.set(choice.key, choice);
      const listing = await flights.join(walk.id, signal, (flight) => {
        walk.active += 1;
        return start(flight, audienceOf(walk)).finally(() => forget(key, walk));
      });
      return walk.choices.size === 1 ? listing : { ...listing, tags: listing.tags.filter((tag) => choice.accepts(tag)) };
    },
    abort: (reason) => flights.abort(reason),
  };
}

function audienceOf(walk: Walk): Audience {
  return {
    accepts: (tag) => {
      for (const choice of walk.choices.values()) if (choice.accepts(tag)) return true;
      return false;
    },
    get key() {
      return [...walk.choices.keys()].sort().join('\n');
    },
    begin: () => {
      walk.hasBegun = true;
    },
  };
}
