import { commitPerAnnotation, groupAnnotation, type ImageUpdateAutomation } from '../api/index.ts';
import { type Delivery, type Edit, keyOf, systemClock } from '../core/index.ts';
import { applyEdits } from '../edit/index.ts';
import { defaultMessage, describeRequest, findTurnedDown, messageWriter, planCommits } from '../reconcilers/index.ts';
import { createRenderer, type Renderer } from '../render/index.ts';
import { type FolderPlan, type JudgedEdit, planFolder, type WantedEdit } from './plan-folder.ts';
import { clearRequest } from './pull-request/clear-request.ts';
import { deliverRequest, type OpenedRequest, type RequestCommit } from './pull-request/deliver-request.ts';
import { openRequestTarget, type RequestTarget } from './pull-request/open-request-target.ts';
import type { PullRequestOptions } from './pull-request/request-options.ts';
import type { MarkerFile } from './read-marker-files.ts';
import type { Session } from './session.ts';
import type { UpdateResources } from './update-resources.ts';

/** What an update would write, and what it is asked with. */
export interface UpdateWish {
  /** The folder, a real path. */
  readonly root: string;
  readonly files: readonly MarkerFile[];
  readonly wanted: readonly WantedEdit[];
  readonly judged: readonly JudgedEdit[];
  readonly resources: UpdateResources;
}

/** What became of it. */
export interface RequestedUpdate {
  readonly plan: FolderPlan;
  readonly request: OpenedRequest | null;
  /** What happened to requests that have nothing to bring any more. */
  readonly news: readonly string[];
}

/**
 * Brings the edits to the repository of the folder as a pull request, a commit for each policy; the folder stays as it is. What a request of
 * ours carried that somebody closed without merging is held. Where nothing is left to bring, the request that stands is closed.
 */
export async function requestUpdate(
  wish: UpdateWish,
  options: PullRequestOptions & { readonly branch: string },
  session: Session,
): Promise<RequestedUpdate> {
  await using target = await openRequestTarget(wish.root, options, session);
  const plan = planFolder(wish.files, await holdTurnedDown(wish, target));
  if (plan.changes.length === 0) return { plan, request: null, news: await clearRequest(target, session) };
  const edits = plan.changes.flatMap((change) => change.edits);
  const automation = onlyAutomation(edits, wish);
  const changes = plan.changes.map(({ file }) => ({ path: target.pathOf(file.path), before: file.bytes }));
  const words = await wordsOf({ plan, wish, automation, target, edits });
  return { plan, request: await deliverRequest(target, { changes, ...words }, session), news: [] };
}

interface Wordless {
  readonly plan: FolderPlan;
  readonly wish: UpdateWish;
  readonly automation: OnlyAutomation;
  readonly target: RequestTarget;
  readonly edits: readonly Edit[];
}

/** The text of the request and its commits, by the templates of the automation that writes them. */
async function wordsOf({ plan, wish, automation, target, edits }: Wordless) {
  const renderer = createRenderer({ clock: systemClock });
  try {
    const text = await describe(automation, edits, target, renderer);
    return { text, commits: await commitsOf(plan, wish, automation, target, renderer) };
  } finally {
    await renderer.close();
  }
}

async function holdTurnedDown({ judged, wanted }: UpdateWish, target: RequestTarget): Promise<JudgedEdit[]> {
  const scopesOf = new Map(wanted.map(({ edit, scopes }) => [edit, scopes] as const));
  const asked = new Map(
    judged.flatMap(({ edit, verdict }) => (verdict.kind === 'write' ? [[inRepository(edit, target), edit] as const] : [])),
  );
  const found = await findTurnedDown([...asked.keys()], target.requests, target);
  const holds = new Map([...found].map(([edit, hold]) => [asked.get(edit), hold] as const));
  return judged.map((one) => {
    const hold = holds.get(one.edit);
    const scopes = scopesOf.get(one.edit) ?? [];
    if (hold === undefined || scopes.some(({ ignoresHolds, releases }) => ignoresHolds || releases(hold))) return one;
    return { edit: one.edit, verdict: { kind: 'held', because: hold.because, hold } };
  });
}

function inRepository(edit: Edit, { pathOf }: Pick<RequestTarget, 'pathOf'>): Edit {
  return { ...edit, marker: { ...edit.marker, file: pathOf(edit.marker.file) } };
}

/** Whose words and name the commits have; null where several automations, or none, write. */
function onlyAutomation(edits: readonly Edit[], { wanted }: UpdateWish): { object: ImageUpdateAutomation; path: string } | null {
  const writing = new Set(edits);
  const scopes = wanted.filter(({ edit }) => writing.has(edit)).flatMap((one) => one.scopes);
  const found = new Map(
    scopes.flatMap(({ automation, path }) =>
      automation === undefined ? [] : [[keyOf(automation.object), { object: automation.object, path }] as const],
    ),
  );
  const [only = null, ...others] = found.values();
  return others.length === 0 ? only : null;
}

type OnlyAutomation = ReturnType<typeof onlyAutomation>;

async function commitsOf(
  plan: FolderPlan,
  { resources }: UpdateWish,
  automation: OnlyAutomation,
  target: RequestTarget,
  renderer: Renderer,
): Promise<RequestCommit[]> {
  const texts = new Map(plan.changes.map(({ file }) => [target.pathOf(file.path), file.text] as const));
  const writes = plan.changes
    .flatMap(({ edits }) => edits)
    .map((edit) => inRepository(edit, target))
    .map((edit) => ({ ...{ kind: 'write' as const, edit, marker: edit.marker, reason: null, because: '' }, delivery: request }));
  const per = automation?.object.metadata.annotations?.[commitPerAnnotation] === 'run' ? 'run' : 'policy';
  const of = new Map(
    resources.policies.flatMap(({ object }) => {
      const group = object.metadata.annotations?.[groupAnnotation] ?? '';
      return group === '' ? [] : [[keyOf(object), group] as const];
    }),
  );
  const { name = '', email = '' } = automation?.object.spec.git?.commit.author ?? {};
  const author = email === '' ? nobody : { name, email };
  const write =
    automation === null ? defaultMessage : messageWriter(automation.object, { path: pathIn(automation.path, target), renderer });
  const commits = planCommits(writes, per, { of, blocked: new Map() }).map(async (commit) => ({
    ...{ message: await write(commit), author },
    files: new Map([...commit.files].map(([file, edits]) => [file, Buffer.from(applyEdits(texts.get(file) ?? '', edits))])),
  }));
  return Promise.all(commits);
}

const request: Delivery = 'PullRequest';
const nobody = { name: 'tagalong', email: 'tagalong@localhost' };

function pathIn(path: string, { pathOf }: Pick<RequestTarget, 'pathOf'>): string {
  return pathOf(path === '' ? '.' : path);
}

async function describe(
  automation: OnlyAutomation,
  edits: readonly Edit[],
  target: RequestTarget,
  renderer: Renderer,
): Promise<{ title: string; body: string }> {
  const own = edits.map((edit) => inRepository(edit, target));
  const path = automation === null ? '' : pathIn(automation.path, target);
  return describeRequest(automation?.object ?? null, own, { path, renderer, closing: [follows, saysNo] });
}

const follows =
  'This request follows newer picks each time that `tagalong update --pull-request` runs, as long as nobody else commits to its branch.';
const saysNo =
  'Closing it without merging holds these versions until a newer one is picked; opening it again, or `--ignore-holds`, lets them go on.';
