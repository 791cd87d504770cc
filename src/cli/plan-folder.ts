import { allowDowngradeAnnotation, type ImagePolicy } from '../api/index.ts';
import { type Edit, errorMessage, type FileProblem, formatKey, type ImageRef, keyOf, type Marker } from '../core/index.ts';
import { applyEdits, planEdits } from '../edit/index.ts';
import { decideDirection, withholdWholeDocuments } from '../hold/index.ts';
import { compileTagPolicy, orderTags, passesPolicy } from '../select/index.ts';
import type { MarkerFile } from './read-marker-files.ts';
import type { Placed, Scope } from './update-resources.ts';

/** One file's edits and the text with them made. */
export interface FileChange {
  readonly file: MarkerFile;
  readonly edits: readonly Edit[];
  readonly after: string;
}

export interface Refusal {
  readonly edit: Edit;
  readonly because: string;
}

export interface FolderPlan {
  readonly changes: readonly FileChange[];
  /** Downgrades that nobody asked for, with what goes along with them. */
  readonly refused: readonly Refusal[];
  readonly problems: readonly FileProblem[];
}

/** What has to change so that every marker carries what its policy picked. Pure. */
export function planFolder(
  files: readonly MarkerFile[],
  scopes: readonly Scope[],
  policies: readonly Placed<ImagePolicy>[],
  selections: ReadonlyMap<string, ImageRef>,
): FolderPlan {
  const { edits, problems } = planMarkers(
    files.flatMap(({ markers }) => markers),
    scopes,
    policies,
    selections,
  );
  const facts = new Map(policies.map(({ object }) => [keyOf(object), factsOf(object)] as const));
  const judged = edits.map((edit) => ({
    edit,
    marker: edit.marker,
    refusal: refuse(edit, facts.get(formatKey(edit.marker.policy))),
  }));
  const { allowed, withheld } = withholdWholeDocuments(judged, ({ refusal }) => refusal !== null);
  const refused = withheld.map(({ edit, refusal }) => ({
    edit,
    because: refusal ?? 'another marker of its policy in this document may not go back',
  }));
  const byFile = Map.groupBy(allowed, ({ edit }) => edit.marker.file);
  const changes: FileChange[] = [];
  const failures: FileProblem[] = [];
  for (const file of files) {
    const own = (byFile.get(file.path) ?? []).map(({ edit }) => edit);
    if (own.length === 0) continue;
    try {
      changes.push({ file, edits: own, after: applyEdits(file.text, own) });
    } catch (error) {
      failures.push({ file: file.path, message: errorMessage(error) });
    }
  }
  return { changes, refused, problems: [...problems, ...failures] };
}

/** Each scope edits the markers of its own namespace below its path; a marker that no scope may edit is a problem. */
function planMarkers(
  markers: readonly Marker[],
  scopes: readonly Scope[],
  policies: readonly Placed<ImagePolicy>[],
  selections: ReadonlyMap<string, ImageRef>,
): { edits: readonly Edit[]; problems: readonly FileProblem[] } {
  const edits = new Map<string, Edit>();
  const problems = new Map<string, FileProblem>();
  const covered = markers.filter(({ file }) => scopes.some(({ path }) => isUnder(file, path)));
  const known = new Set(policies.map(({ object }) => keyOf(object)));
  const [first] = scopes;
  for (const scope of scopes) {
    const own = covered.filter(({ file, policy }) => isUnder(file, scope.path) && policy.namespace === scope.namespace);
    const planned = planEdits(own, takenBy(scope, policies, selections), scope.namespace, known);
    for (const edit of planned.edits) edits.set(`${edit.marker.file}\0${edit.marker.start}`, edit);
    for (const problem of planned.problems) problems.set(`${problem.file}\0${problem.line}\0${problem.column}`, problem);
  }
  const foreign = covered.filter(
    ({ file, policy }) => !scopes.some(({ namespace, path }) => policy.namespace === namespace && isUnder(file, path)),
  );
  const unowned = first === undefined ? [] : planEdits(foreign, selections, first.namespace, known).problems;
  return { edits: [...edits.values()], problems: [...problems.values(), ...unowned] };
}

function takenBy(
  scope: Scope,
  policies: readonly Placed<ImagePolicy>[],
  selections: ReadonlyMap<string, ImageRef>,
): Map<string, ImageRef> {
  return new Map(
    policies.flatMap(({ object }) => {
      const ref = selections.get(keyOf(object));
      const isTaken = ref !== undefined && object.spec.suspend !== true && scope.takes(object);
      return isTaken ? [[keyOf(object), ref] as const] : [];
    }),
  );
}

type Facts = Pick<Parameters<typeof decideDirection>[0], 'orderTags' | 'passesPolicy' | 'allowDowngrade'>;

function factsOf({ spec, metadata }: ImagePolicy): Facts {
  const compiled = compileTagPolicy(spec);
  const policy = compiled.kind === 'compiled' ? compiled.policy : null;
  return {
    orderTags: (a, b) => (policy === null ? 'unordered' : orderTags(policy, a, b)),
    passesPolicy: (tag) => policy !== null && passesPolicy(policy, tag),
    allowDowngrade: metadata.annotations?.[allowDowngradeAnnotation] === 'true',
  };
}

function refuse({ marker, before, after }: Edit, facts: Facts | undefined): string | null {
  if (facts === undefined) return null;
  const direction = decideDirection({ part: marker.part, current: before, selected: after, ...facts });
  return direction.write ? null : direction.because;
}

function isUnder(file: string, folder: string): boolean {
  return folder === '' || file === folder || file.startsWith(`${folder}/`);
}
