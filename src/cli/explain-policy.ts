import { versionStyleOf } from '../api/index.ts';
import type { TagVerdict } from '../core/index.ts';
import {
  compileExclusions,
  compileTagPolicy,
  type Exclusions,
  excludeTags,
  explainTags,
  hintTags,
  passesPolicy,
  selectTag,
  type TagPolicy,
  type TagPolicySpec,
} from '../select/index.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { CliError } from './error.ts';
import { formatExplanation } from './print-explanation.ts';
import { formatValue, type OutputFormat } from './print-objects.ts';
import { createProgress } from './progress.ts';
import { readPolicyFile } from './read-policy-file.ts';
import { readTags } from './read-tags.ts';
import type { Session } from './session.ts';
import type { Setback } from './setbacks.ts';

/** The options of `explain policy`, as commander parsed them. */
export interface ExplainOptions {
  readonly file?: string;
  readonly tagsFile?: string;
  readonly all?: boolean;
  readonly output?: OutputFormat;
}

/** A policy's answer and why each other tag lost; the JSON that is printed. */
export interface Explanation {
  readonly selected: string | null;
  readonly tags: readonly TagVerdict[];
  readonly hints: readonly string[];
}

/** What there is to explain, wherever it came from. */
export interface Question {
  readonly title: string;
  readonly spec: TagPolicySpec;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly exclusionList: readonly string[] | undefined;
  readonly tags: readonly string[];
  /** By tag: what a cluster knows of beside the rules. */
  readonly setbacks?: ReadonlyMap<string, Setback>;
}

export async function explainPolicy(
  name: string | undefined,
  options: ExplainOptions,
  target: ClusterOptions,
  session: Session,
): Promise<void> {
  const question = await (options.file === undefined
    ? import('./ask-cluster.ts').then(({ askCluster }) => askCluster(name ?? '', options, target, session))
    : askFiles(options.file, options.tagsFile ?? '', name, session));
  const policy = compile(question);
  const explanation = explain(policy, compileList(question), question);
  const { output, all = false } = options;
  if (output !== undefined) session.terminal.answer(formatValue(explanation, output));
  else
    session.terminal.answer(
      formatExplanation(explanation, { title: question.title, all, policy, paint: session.terminal.paint }),
    );
}

async function askFiles(file: string, tagsFile: string, wanted: string | undefined, { terminal }: Session): Promise<Question> {
  const { name, spec, annotations, exclusionList, warnings } = await readPolicyFile(file, wanted);
  for (const warning of warnings) createProgress(terminal).warning(warning);
  return { title: name, spec, annotations, exclusionList, tags: await readTags(tagsFile) };
}

function compile({ title, spec, annotations }: Question): TagPolicy {
  const compiled = compileTagPolicy(spec, versionStyleOf(annotations));
  if (compiled.kind === 'compiled') return compiled.policy;
  throw new CliError('USAGE', `ImagePolicy ${title}: ${compiled.reason}`);
}

function compileList({ exclusionList }: Question): Exclusions {
  const compiled = compileExclusions(exclusionList);
  if (compiled.kind === 'compiled') return compiled.exclusions;
  throw new CliError('USAGE', `spec.exclusionList: ${compiled.reason}`);
}

function explain(policy: TagPolicy, exclusions: Exclusions, { tags, setbacks = new Map() }: Question): Explanation {
  const { kept } = excludeTags(exclusions, tags);
  const isDropped = (tag: string) => setbacks.get(tag)?.drops === true && passesPolicy(policy, tag);
  const selection = selectTag(
    policy,
    kept.filter((tag) => !isDropped(tag)),
  );
  const verdicts = explainTags(
    policy,
    tags.filter((tag) => !isDropped(tag)),
    exclusions,
  );
  return {
    selected: selection.kind === 'selected' ? selection.tag : null,
    tags: [...droppedTags(tags.filter(isDropped), setbacks), ...verdicts.map((verdict) => withSetback(verdict, setbacks))],
    hints: hintTags(policy, kept),
  };
}

function droppedTags(tags: readonly string[], setbacks: ReadonlyMap<string, Setback>): TagVerdict[] {
  return tags.flatMap((tag) => {
    const setback = setbacks.get(tag);
    return setback === undefined ? [] : [{ tag, selected: false, stage: setback.stage, reason: setback.reason }];
  });
}

/** The answer stays the answer, with what keeps it from landing. */
function withSetback(verdict: TagVerdict, setbacks: ReadonlyMap<string, Setback>): TagVerdict {
  const setback = setbacks.get(verdict.tag);
  return setback === undefined || !verdict.selected ? verdict : { ...verdict, stage: setback.stage, reason: setback.reason };
}
