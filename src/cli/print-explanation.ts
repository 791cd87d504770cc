import type { TagVerdict } from '../core/index.ts';
import { orderTags, type TagPolicy } from '../select/index.ts';
import { cleanLine } from './clean-text.ts';
import type { Explanation } from './explain-policy.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';

export interface ExplanationLook {
  readonly title: string;
  /** Every tag, not only the first few of each stage. */
  readonly all: boolean;
  readonly policy: TagPolicy;
  readonly paint: Paint;
}

const shownOfStage = 5;

/** What each stage means, in the order in which a tag passes them; the answer stands on top. */
const stages: readonly (readonly [TagVerdict['stage'], string])[] = [
  ['selected', 'picked'],
  ['hold', 'picked, and held: it was taken back in git'],
  ['guard', 'waiting for a guard'],
  ['platform', 'not there for a platform that a guard asks for'],
  ['signature', 'without a signature that a guard asks for'],
  ['order', 'passed every rule, and another one goes before'],
  ['range', 'outside the range'],
  ['parse', 'not what the policy orders'],
  ['pattern', 'without a match of filterTags.pattern'],
  ['exclusion', 'excluded by the repository'],
  ['malformed', 'not a tag'],
];

/** An explanation for people: the answer, the tags by the rule that dropped them, and hints. */
export function formatExplanation({ selected, tags, hints }: Explanation, look: ExplanationLook): string {
  const { title, paint } = look;
  const answer = selected === null ? paint.bad('picks none') : `picks ${paint.good(cleanLine(selected))}`;
  const heading = `${cleanLine(title)} ${answer} of ${tags.length} ${tags.length === 1 ? 'tag' : 'tags'}`;
  const groups = stages.flatMap(([stage, meaning]) =>
    formatStage(
      tags.filter((verdict) => verdict.stage === stage),
      meaning,
      look,
    ),
  );
  return [heading, ...groups, ...hints.map((hint) => `\n${paint.warn('hint:')} ${cleanLine(hint)}`)].join('\n');
}

function formatStage(verdicts: readonly TagVerdict[], meaning: string, { all, policy, paint }: ExplanationLook): string[] {
  if (verdicts.length === 0) return [];
  const ordered = verdicts.toSorted((a, b) => latestFirst(policy, a.tag, b.tag));
  const shown = all ? ordered : ordered.slice(0, shownOfStage);
  const rest = ordered.length - shown.length;
  const rows = formatTable(
    null,
    shown.map(({ tag, reason }) => [`  ${cleanLine(tag)}`, cleanLine(reason)]),
  );
  const more = rest === 0 ? [] : [paint.faint(`  … and ${rest} more; --all shows them`)];
  return [`\n${paint.accent(`${verdicts.length} ${meaning}`)}`, rows.replace(/[\t ]+$/gm, '').replaceAll('\t', '  '), ...more];
}

function latestFirst(policy: TagPolicy, a: string, b: string): number {
  const order = orderTags(policy, a, b);
  return order === 'unordered' ? 0 : -order;
}
