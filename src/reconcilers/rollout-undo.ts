import type { ImageUpdateAutomation, Rollout } from '../api/index.ts';
import { type Edit, nameOf, type Oid, type StepContext } from '../core/index.ts';
import { applyEdits, decodeText } from '../edit/index.ts';
import { automationTrailer, rollbackTrailer } from '../hold/index.ts';
import { planInverse } from '../rollout/index.ts';
import type { AutomationTarget } from './automation-target.ts';
import { type Draft, pushOnTop } from './push-on-top.ts';
import { readMarkers } from './rollout-commits.ts';
import type { OfferedCommit, RolloutDeps, RolloutWriter } from './rollout-deps.ts';

export type Undone =
  | { readonly kind: 'pushed'; readonly commit: Oid }
  /** Somebody else was faster: the old values stand there already. */
  | { readonly kind: 'undone already' }
  | { readonly kind: 'conflict'; readonly because: string }
  /** The branch takes no pushes; `request` is where the commit is offered instead, if it could be. */
  | { readonly kind: 'refused'; readonly message: string; readonly request: string | null };

/** Takes back exactly what the bump wrote, on top of the branch as it is then, whatever others committed meanwhile. */
export async function undoBump(
  rollout: Rollout,
  automation: ImageUpdateAutomation,
  writer: RolloutWriter,
  because: string,
  context: StepContext,
  deps: RolloutDeps,
): Promise<Undone> {
  const { target, branch } = writer;
  if (branch === null) return { kind: 'conflict', because: 'the automation works on no branch' };
  let conflict: string | null = null;
  const offer = (refused: Rollout, commit: Oid, reason: string) =>
    deps.offer(automation, writer, { commit, base: branch, ...describeOffer(refused, reason) }, context);
  const outcome = await pushOnTop(
    { ...writer, branch },
    async (head) => {
      const plan = await planAt(rollout, target, head);
      conflict = plan.kind === 'conflict' ? plan.because : null;
      if (plan.kind !== 'edits') return null;
      return { files: await render(plan.edits, target, head), message: messageOf(rollout, plan.edits, because, writer) };
    },
    context,
  );
  if (outcome.kind === 'nothing') return conflict === null ? { kind: 'undone already' } : { kind: 'conflict', because: conflict };
  if (outcome.kind === 'refused')
    return { kind: 'refused', message: outcome.message, request: await offer(rollout, outcome.commit, because) };
  deps.onPushed(target.mirror, branch, outcome.commit);
  return { kind: 'pushed', commit: outcome.commit };
}

async function planAt(rollout: Rollout, target: AutomationTarget, head: Oid): Promise<ReturnType<typeof planInverse>> {
  const { changes, policy } = rollout.spec;
  const files = [...new Set(changes.map(({ file }) => file))];
  const markers = await Promise.all(files.map((file) => markersAt(target, head, file)));
  return planInverse({ namespace: nameOf(rollout).namespace, name: policy.name }, changes, markers.flat());
}

export async function markersAt({ mirror }: Pick<AutomationTarget, 'mirror'>, head: Oid, file: string) {
  const entry = await mirror.entry(head, file);
  return entry?.type === 'blob' ? readMarkers(mirror, file, entry.oid) : [];
}

/** The new bytes of every file that the edits touch. */
export async function render(
  edits: readonly Edit[],
  { mirror }: Pick<AutomationTarget, 'mirror'>,
  head: Oid,
): Promise<Draft['files']> {
  const files = new Map<string, Buffer>();
  for (const [file, own] of Map.groupBy(edits, ({ marker }) => marker.file)) {
    const entry = await mirror.entry(head, file);
    const decoded = entry === null ? null : decodeText(file, await mirror.blob(entry.oid));
    if (decoded?.kind === 'text') files.set(file, Buffer.from(applyEdits(decoded.text, own), 'utf8'));
  }
  return files;
}

function describeOffer({ spec }: Rollout, because: string): Pick<OfferedCommit, 'name' | 'title' | 'body'> {
  const { policy, image, commit } = spec;
  return {
    name: `${policy.name}-${commit.slice(0, 10)}`,
    title: `Roll back ${policy.name} from ${image.tag}`,
    body: `${oneLine(because).replaceAll('`', "'")}\n\nIt takes back exactly what ${commit} wrote; the branch refused it as a direct push.`,
  };
}

function messageOf({ spec }: Rollout, edits: readonly Edit[], because: string, { style }: RolloutWriter): string {
  const { tag, previousTag } = spec.image;
  const to = previousTag === undefined ? '' : ` to ${previousTag}`;
  const trailers = [`${automationTrailer}: ${style.automation}`, `${rollbackTrailer}: ${spec.commit}`];
  return (
    [`Roll back ${spec.policy.name} from ${tag}${to}`, oneLine(because), describeEdits(edits), trailers.join('\n')].join('\n\n') +
    '\n'
  );
}

/** A line for each change, as in the commits that bump. */
export function describeEdits(edits: readonly Edit[]): string {
  return edits
    .map(({ marker, before, after }) => {
      const { kind, name } = marker.object;
      const object = kind === '' ? '' : ` ${kind} ${name}`;
      return `- ${marker.file}:${object} ${marker.path}: ${before} -> ${after}`;
    })
    .join('\n');
}

/** Text of a cluster: one paragraph, so that nothing in it can be taken for a trailer, and without characters that deceive. */
export function oneLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .slice(0, 1000)
    .trim();
}
