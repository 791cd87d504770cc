// One scan as a process of its own, so that its memory and time are its own too: `scan-worker.js <host> <tags> <exclusion> <repositories>`.
import { silentLog, systemClock } from '../src/core/index.ts';
import { createRegistry, parseImageName } from '../src/registry/index.ts';
import { compileExclusions, compileTagPolicy, findExclusion, selectTag, tagListRevision } from '../src/select/index.ts';

const [host = '', tags = '', exclusion = '', repositories = '1'] = process.argv.slice(2);
const compiled = compileExclusions(exclusion === '' ? [] : [exclusion]);
const policy = compileTagPolicy({
  policy: { numerical: {} },
  filterTags: { pattern: '-(?P<n>[0-9]+)$|-r\\.(?P<r>[0-9]+)$', extract: '$n$r' },
});
if (compiled.kind === 'invalid' || policy.kind === 'invalid') throw new Error('cannot be');
const registry = createRegistry({ clock: systemClock, log: silentLog, perSecond: 100_000 });
const choice = { key: exclusion, accepts: (tag: string) => findExclusion(compiled.exclusions, tag) === null };
const access = { credentials: { kind: 'anonymous' }, insecure: true, timeoutMs: 600_000 } as const;
const start = performance.now();
const before = process.cpuUsage();
const lists = await Promise.all(
  Array.from({ length: Number(repositories) }, async (_, index) => {
    const image = parseImageName(`${host}/r${index}/${tags}`);
    const listing = await registry.fetchTags(image, access, undefined, choice);
    const sorted = listing.tags.toSorted((a, b) => (a < b ? 1 : -1));
    return { sorted, revision: tagListRevision(sorted), picked: selectTag(policy.policy, sorted) };
  }),
);
const { user, system } = process.cpuUsage(before);
const used = process.resourceUsage();
await registry.close();
process.stdout.write(
  JSON.stringify({
    ms: performance.now() - start,
    cpuMs: (user + system) / 1000,
    peakMiB: used.maxRSS / 1024,
    kept: lists.reduce((sum, { sorted }) => sum + sorted.length, 0),
  }),
);
