import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHoldFinder } from '../../src/hold/index.ts';
import { inWords, orderTags } from './support/ask.ts';
import { deployment, image, marker, markerIn } from './support/manifest.ts';
import { createMemoryMirror } from './support/memory-mirror.ts';

/** One commit: the tag it leaves, whether its marker is there, who says so; and what else happens around it. */
interface Event {
  readonly tag: string;
  readonly marked: boolean;
  readonly policy: boolean;
  readonly move: boolean;
  readonly stale: boolean;
}

const tags = ['1.0.0', '1.1.0', '1.2.0', 'latest'];
const event = fc.record<Event>({
  tag: fc.constantFrom(...tags),
  marked: fc.boolean().chain((rare) => (rare ? fc.boolean() : fc.constant(true))),
  policy: fc.boolean(),
  move: fc.boolean(),
  stale: fc.boolean(),
});
const story = fc.array(event, { minLength: 1, maxLength: 14 }).map((events) => [...events, { ...lastOf(events), marked: true }]);

function lastOf(events: readonly Event[]): Event {
  return events.at(-1) ?? { tag: '1.0.0', marked: true, policy: false, move: false, stale: false };
}

/** The rule, said slowly: look at every pair of neighbours, keep the last one that touches the tag. */
function oracle(events: readonly Event[], tag: string): 'held' | 'free' {
  let answer: 'held' | 'free' = 'free';
  for (const [at, after] of events.entries()) {
    const before = events[at - 1];
    if (!before?.marked || !after.marked || before.tag === after.tag) continue;
    if (after.tag === tag) answer = 'free';
    if (before.tag === tag) answer = isNewer(after.tag, tag) || after.policy ? 'free' : 'held';
  }
  return answer;
}

function isNewer(a: string, b: string): boolean {
  return a !== 'latest' && b !== 'latest' && a > b;
}

function text({ tag, marked }: Event): string {
  return marked ? deployment(tag) : deployment(tag).replace(marker('web'), '');
}

const reason = '\n\nTagalong-Automation: test/flux-system/web\nTagalong-Reason: policy';

/** Tells the events as a history, with branches that never touch the file merged in between; returns its end. */
function tell(events: readonly Event[], { moves, merges }: { moves: boolean; merges: boolean }) {
  const mirror = createMemoryMirror();
  const commits: { oid: string; files: Record<string, string> }[] = [];
  let file = 'web.yaml';
  for (const [at, next] of events.entries()) {
    const head = commits.at(-1);
    // A file moves together with its marker, else nothing tells where it came from.
    if (moves && next.move && next.marked && events[at - 1]?.marked) file = `moved-${at}/web.yaml`;
    const files = { [file]: text(next) };
    commits.push({ oid: mirror.add(head ? [head.oid] : [], files, `Change ${at}${next.policy ? reason : ''}`), files });
    if (merges && next.stale) commits.push(mergeStale(mirror, commits, at));
  }
  return { mirror, file, head: commits.at(-1)?.oid ?? '' };
}

function mergeStale(
  mirror: ReturnType<typeof createMemoryMirror>,
  commits: { oid: string; files: Record<string, string> }[],
  at: number,
) {
  const fork = commits[(at * 7) % commits.length];
  const head = commits.at(-1);
  if (!fork || !head) throw new Error('nothing to merge');
  const side = mirror.add([fork.oid], { ...fork.files, [`side-${at}.yaml`]: 'a: b\n' });
  const files = { ...head.files, [`side-${at}.yaml`]: 'a: b\n' };
  return { oid: mirror.add(at % 2 === 0 ? [head.oid, side] : [side, head.oid], files, 'Merge'), files };
}

async function answers(events: readonly Event[], how: { moves: boolean; merges: boolean }): Promise<Record<string, string>> {
  const { mirror, file, head } = tell(events, how);
  const finder = createHoldFinder(mirror);
  const asked = markerIn(file, text(lastOf(events)));
  const said: Record<string, string> = {};
  for (const tag of tags) {
    if (tag === lastOf(events).tag) continue;
    const answer = await finder.check({ marker: asked, newValue: image(tag), orderTags, head });
    said[tag] = inWords(answer).startsWith('held') ? 'held' : answer.kind;
  }
  return said;
}

function expected(events: readonly Event[]): Record<string, string> {
  const others = tags.filter((tag) => tag !== lastOf(events).tag);
  return Object.fromEntries(others.map((tag) => [tag, oracle(events, tag)]));
}

test.for([
  { because: 'a straight history is judged as the slow rule judges it', moves: false, merges: false },
  { because: 'moving the file changes no answer', moves: true, merges: false },
  { because: 'merging stale branches changes no answer', moves: false, merges: true },
])('$because', async (how) => {
  const property = fc.asyncProperty(story, async (events) => {
    expect(await answers(events, how)).toEqual(expected(events));
  });
  await fc.assert(property, { numRuns: 150 });
});
