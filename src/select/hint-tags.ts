import type { TagPolicy } from './tag-policy.ts';

/** What most often explains an answer that surprises; sentences for people, none when nothing stands out. */
export function hintTags(policy: TagPolicy, tags: Iterable<string>): string[] {
  const survey = surveyTags(policy, tags);
  return [...hintFilter(policy, survey), ...hintVersions(policy, survey), ...hintNumbers(policy, survey)];
}

interface Survey {
  total: number;
  pattern: number;
  candidates: number;
  unparsed: string[];
  unparsedCount: number;
  refusedPre: number;
  versionLike: number;
}

function surveyTags(policy: TagPolicy, tags: Iterable<string>): Survey {
  const survey: Survey = { total: 0, pattern: 0, candidates: 0, unparsed: [], unparsedCount: 0, refusedPre: 0, versionLike: 0 };
  for (const tag of tags) {
    survey.total += 1;
    if (/^v?[0-9]+\.[0-9]+\.[0-9]+/.test(tag)) survey.versionLike += 1;
    const judgement = policy.judge(tag);
    if (judgement.stage === 'candidate') survey.candidates += 1;
    if (judgement.stage === 'pattern') survey.pattern += 1;
    if (judgement.stage === 'range' && judgement.preRelease) survey.refusedPre += 1;
    if (judgement.stage === 'parse') {
      survey.unparsedCount += 1;
      if (survey.unparsed.length < 1000) survey.unparsed.push(tag);
    }
  }
  return survey;
}

function* hintFilter({ filter }: TagPolicy, { total, pattern }: Survey): Generator<string> {
  for (const group of filter?.unknownGroups ?? []) {
    yield `filterTags.pattern has no group named ${group}, so "$${group}" in extract is always empty; "\${name}" ends a name where "$name" would go on`;
  }
  if (filter && total > 0 && pattern === total) yield `no tag matches filterTags.pattern ${JSON.stringify(filter.pattern)}`;
}

function* hintVersions({ kind, filter }: TagPolicy, survey: Survey): Generator<string> {
  if (kind === 'alphabetical' && !filter && survey.versionLike > 1 && survey.versionLike * 2 > survey.total) {
    yield 'these tags look like versions; alphabetical order puts 1.9.0 after 1.10.0, policy.semver does not';
  }
  if (kind !== 'semver') return;
  if (survey.refusedPre > 0) {
    const tags =
      survey.refusedPre === 1 ? '1 tag is a pre-release and matches' : `${survey.refusedPre} tags are pre-releases and match`;
    yield `${tags} only if the range names one too, as in >=1.0.0-0`;
  }
  if (survey.candidates > 0 || survey.unparsedCount === 0) return;
  if (survey.unparsedCount === survey.total && !survey.unparsed.some((tag) => tag.split('.').length > 2)) {
    yield 'no tag has three parts, so that none is a version; the annotation tagalong.dev/version-parts: any takes 1, 1.2 and 1.2.3.4 too';
  }
  if (survey.unparsed.some((tag) => /^[A-Za-z_-][A-Za-z0-9_-]*?v?[0-9]+\.[0-9]+\.[0-9]+/.test(tag))) {
    yield 'some tags have a version behind a prefix; take it out with filterTags.pattern and extract';
  }
}

function* hintNumbers({ kind, filter }: TagPolicy, { candidates, unparsedCount, unparsed }: Survey): Generator<string> {
  if (kind !== 'numerical' || candidates > 0 || unparsedCount === 0) return;
  const advice = filter?.extract
    ? 'check what filterTags.extract makes of them'
    : 'take the number out with filterTags.pattern and extract';
  yield `no tag is a number (the first is ${JSON.stringify(unparsed[0])}); ${advice}`;
}
