import type { TagVerdict } from '../core/index.ts';
import { type Exclusions, findExclusion } from './exclusions.ts';
import type { Candidate, Judgement, TagPolicy } from './tag-policy.ts';

/** Why each tag is or is not the answer, in the order of `tags`. The one selected is what `selectTag` picks from the rest. */
export function explainTags(policy: TagPolicy, tags: Iterable<string>, exclusions: Exclusions = { patterns: [] }): TagVerdict[] {
  const judged = Array.from(new Set(tags), (tag) => ({ tag, judgement: judgeTag(policy, tag, exclusions) }));
  const best = findBest(policy, judged);
  return judged.map(({ tag, judgement }) => explainTag(policy, tag, judgement, best));
}

type ExplainedJudgement = Judgement | { readonly stage: 'exclusion'; readonly reason: string };

function judgeTag(policy: TagPolicy, tag: string, exclusions: Exclusions): ExplainedJudgement {
  const source = findExclusion(exclusions, tag);
  if (source !== null) return { stage: 'exclusion', reason: `excluded by the repository's pattern ${JSON.stringify(source)}` };
  return policy.judge(tag);
}

function findBest(policy: TagPolicy, judged: readonly { judgement: ExplainedJudgement }[]): Candidate | null {
  let best: Candidate | null = null;
  for (const { judgement } of judged) {
    if (judgement.stage !== 'candidate') continue;
    if (best === null || policy.prefer(judgement.candidate, best) > 0) best = judgement.candidate;
  }
  return best;
}

function explainTag(policy: TagPolicy, tag: string, judgement: ExplainedJudgement, best: Candidate | null): TagVerdict {
  if (judgement.stage !== 'candidate') return { tag, selected: false, stage: judgement.stage, reason: judgement.reason };
  const { candidate } = judgement;
  if (best === null || tag === best.tag)
    return { tag, selected: true, stage: 'selected', reason: `first by ${policy.description}` };
  return { tag, selected: false, stage: 'order', reason: describeLoss(policy, candidate, best) };
}

function describeLoss(policy: TagPolicy, loser: Candidate, best: Candidate): string {
  const value = (candidate: Candidate) =>
    candidate.value === candidate.tag ? candidate.tag : `${candidate.value} (${candidate.tag})`;
  if (policy.compare(loser, best) < 0) return `comes before ${value(best)} in ${policy.description}`;
  return `equal to ${value(best)} in ${policy.description}; of equal tags that one is picked`;
}
