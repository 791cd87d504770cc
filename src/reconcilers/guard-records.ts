import type { UpdateGuard } from '../api/index.ts';
import type { Instant, Store } from '../core/index.ts';

/** A digest at a tag. */
export interface SeenDigest {
  readonly image: string;
  readonly tag: string;
  readonly digest: string;
}

/** A bump that was about to be pushed. */
export interface Landed {
  readonly policy: string;
  /** The repository and the branch. */
  readonly writer: string;
  readonly at: Instant;
}

/** What guards must not forget over a restart. Kept in the state folder, and what soaks also in the status of the guards. */
export interface GuardRecords {
  /** When a digest was first seen at a tag; now, where nobody has seen it before. */
  firstSeen(seen: SeenDigest, now: Instant): Promise<Instant>;
  /** What `firstSeen` knows of these images, the newest first. */
  seenOf(images: ReadonlySet<string>): Promise<readonly (SeenDigest & { readonly at: Instant })[]>;
  recordLanding(landed: readonly Landed[]): Promise<void>;
  /** Takes back what was not pushed after all. */
  forgetLanding(landed: readonly Landed[]): Promise<void>;
  /** What was about to be pushed within the last hour. */
  landings(now: Instant): Promise<readonly Landed[]>;
  /** Which policies waited for which guards, by the key of the guard. */
  readWaiting(): Promise<ReadonlyMap<string, readonly string[]>>;
  writeWaiting(waiting: ReadonlyMap<string, readonly string[]>): Promise<void>;
}

const hourMs = 3_600_000;
const seenAtMost = 2000;
const at = { seen: 'guards/seen.json', landed: 'guards/landed.json', waiting: 'guards/waiting.json' } as const;

/** `listGuards` brings what stands in status, so that a process without its state folder does not begin anew. */
export function createGuardRecords(store: Store, listGuards: () => readonly UpdateGuard[]): GuardRecords {
  let seen: Map<string, Instant> | null = null;
  let landed: Landed[] | null = null;
  const readSeen = async () => {
    seen ??= new Map(Object.entries((await readJson<Record<string, Instant>>(store, at.seen)) ?? {}));
    for (const entry of listGuards().flatMap(({ status }) => status?.seen ?? [])) {
      const key = seenKey(entry);
      const time = Date.parse(entry.at);
      if (!Number.isNaN(time)) seen.set(key, Math.min(seen.get(key) ?? time, time));
    }
    return seen;
  };
  const readLanded = async () => {
    landed ??= (await readJson<Landed[]>(store, at.landed)) ?? [];
    return landed;
  };
  return {
    async firstSeen(entry, now) {
      const known = await readSeen();
      const before = known.get(seenKey(entry));
      if (before !== undefined) return before;
      known.set(seenKey(entry), now);
      for (const key of [...known.keys()].slice(0, Math.max(0, known.size - seenAtMost))) known.delete(key);
      await store.write(at.seen, JSON.stringify(Object.fromEntries(known)));
      return now;
    },
    async seenOf(images) {
      const entries = [...(await readSeen())].map(([key, time]) => ({ ...parseSeenKey(key), at: time }));
      return entries.filter(({ image }) => images.has(image)).toSorted((a, b) => b.at - a.at);
    },
    async recordLanding(more) {
      const newest = Math.max(...more.map((one) => one.at));
      landed = [...(await readLanded()), ...more].filter((one) => one.at > newest - hourMs);
      await store.write(at.landed, JSON.stringify(landed));
    },
    async forgetLanding(gone) {
      landed = (await readLanded()).filter((one) => !gone.some((other) => isSame(one, other)));
      await store.write(at.landed, JSON.stringify(landed));
    },
    async landings(now) {
      // A landing of the future is one of a clock that was set back since; it counts, else the limit would be open by accident.
      return (await readLanded()).filter((one) => one.at > now - hourMs);
    },
    async readWaiting() {
      return new Map(Object.entries((await readJson<Record<string, string[]>>(store, at.waiting)) ?? {}));
    },
    writeWaiting: (waiting) => store.write(at.waiting, JSON.stringify(Object.fromEntries(waiting))),
  };
}

function seenKey({ image, tag, digest }: SeenDigest): string {
  return JSON.stringify([image, tag, digest]);
}

function parseSeenKey(key: string): SeenDigest {
  const [image = '', tag = '', digest = ''] = JSON.parse(key) as string[];
  return { image, tag, digest };
}

/** Whether two are one and the same push. */
export function isSame(a: Landed, b: Landed): boolean {
  return a.policy === b.policy && a.writer === b.writer && a.at === b.at;
}

/** A file that cannot be read counts as absent. */
async function readJson<T>(store: Store, key: string): Promise<T | null> {
  const bytes = await store.read(key);
  try {
    return bytes === null ? null : (JSON.parse(bytes.toString('utf8')) as T);
  } catch {
    return null;
  }
}
