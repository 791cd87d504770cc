import { compileTagPolicy, selectTag, type TagPolicySpec } from '../src/select/index.ts';
import { type Figure, figureOf, timed } from './measure.ts';
import { type Measured, startCostingHere } from './scenario.ts';

const tagCount = 10_000;
const rounds = 7;

const policies: readonly { readonly name: string; readonly spec: TagPolicySpec; tag(index: number): string }[] = [
  {
    name: 'semver',
    spec: { policy: { semver: { range: '>=1.2.0 <900.0.0' } } },
    tag: (index) => `${index % 997}.${index % 13}.${index}`,
  },
  { name: 'alphabetical', spec: { policy: { alphabetical: { order: 'asc' } } }, tag: (index) => `build-${index * 7919}` },
  { name: 'numerical', spec: { policy: { numerical: { order: 'asc' } } }, tag: (index) => String(index * 104_729) },
  {
    name: 'numerical behind a filter',
    spec: { policy: { numerical: { order: 'asc' } }, filterTags: { pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+)$', extract: '$ts' } },
    tag: (index) => `main-${(index * 31).toString(16)}-${index}`,
  },
];

/** How long each kind of policy takes over 10,000 tags. */
export async function benchChoosing(): Promise<Measured> {
  const figures: Figure[] = [];
  for (const { name, spec, tag } of policies) {
    const tags = Array.from({ length: tagCount }, (_, index) => tag(index));
    const compiled = compileTagPolicy(spec);
    if (compiled.kind === 'invalid') throw new Error(compiled.reason);
    const times: number[] = [];
    const costs = await startCostingHere();
    for (let round = 0; round < rounds; round += 1) times.push(await timed(() => selectTag(compiled.policy, tags)));
    figures.push(figureOf(`choose among ${tagCount} tags: ${name}`, times, 'ms', await costs()));
  }
  return { figures };
}
