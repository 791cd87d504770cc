import type { ImagePolicy } from '../api/index.ts';
import {
  type Edit,
  errorMessage,
  type FileProblem,
  type Hold,
  type ImageRef,
  isUnder,
  keyOf,
  type Marker,
} from '../core/index.ts';
import { applyEdits, planEdits } from '../edit/index.ts';
import { withholdWholeDocuments } from '../hold/index.ts';
import type { MarkerFile } from './read-marker-files.ts';
import type { Placed, Scope } from './update-resources.ts';

/** What would bring a marker to what was picked, and who wants that. */
export interface WantedEdit {
  readonly edit: Edit;
  /** At least one. */
  readonly scopes: readonly Scope[];
}

/** Whether an edit may be written. */
export type EditVerdict =
  | { readonly kind: 'write' }
  /** A downgrade that nobody asked for, or what goes along with an edit that may not be written. */
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'held'; readonly because: string; readonly hold: Hold }
  /** Nobody can say whether it is held. */
  | { readonly kind: 'unreadable'; readonly because: string };

/** An edit, and what was said about it. */
export interface JudgedEdit {
  readonly edit: Edit;
  readonly verdict: EditVerdict;
}

/** An edit that is not written. */
export interface StoppedEdit {
  readonly edit: Edit;
  readonly verdict: Exclude<EditVerdict, { readonly kind: 'write' }>;
}

/** One file's edits and the text with them made. */
export interface FileChange {
  readonly file: MarkerFile;
  readonly edits: readonly Edit[];
  readonly after: string;
}

export interface FolderPlan {
  readonly changes: readonly FileChange[];
  readonly stopped: readonly StoppedEdit[];
  readonly problems: readonly FileProblem[];
}

/** What is written of the edits that are wanted, by what was said about each. Pure. */
export function planFolder(files: readonly MarkerFile[], judged: readonly JudgedEdit[]): FolderPlan {
  const marked = judged.map((one) => ({ ...one, marker: one.edit.marker }));
  const { allowed, withheld } = withholdWholeDocuments(marked, ({ verdict }) => verdict.kind !== 'write');
  const byFile = Map.groupBy(allowed, ({ edit }) => edit.marker.file);
  const changes: FileChange[] = [];
  const problems: FileProblem[] = [];
  for (const file of files) {
    const own = (byFile.get(file.path) ?? []).map(({ edit }) => edit);
    if (own.length === 0) continue;
    try {
      changes.push({ file, edits: own, after: applyEdits(file.text, own) });
    } catch (error) {
      problems.push({ file: file.path, message: errorMessage(error) });
    }
  }
  const stopped = withheld.map(({ edit, verdict }) => ({ edit, verdict: verdict.kind === 'write' ? goesAlong : verdict }));
  return { changes, stopped, problems };
}

const goesAlong = { kind: 'refused', because: 'another marker of its policy in this document stays' } as const;

/** Each scope edits the markers of its own namespace below its path; a marker that no scope may edit is a problem. Pure. */
export function findEdits(
  markers: readonly Marker[],
  scopes: readonly Scope[],
  policies: readonly Placed<ImagePolicy>[],
  selections: ReadonlyMap<string, ImageRef>,
): { readonly edits: readonly WantedEdit[]; readonly problems: readonly FileProblem[] } {
  const edits = new Map<string, WantedEdit>();
  const problems = new Map<string, FileProblem>();
  const covered = markers.filter(({ file }) => scopes.some(({ path }) => isUnder(file, path)));
  const known = new Set(policies.map(({ object }) => keyOf(object)));
  const [first] = scopes;
  for (const scope of scopes) {
    const own = covered.filter(({ file, policy }) => isUnder(file, scope.path) && policy.namespace === scope.namespace);
    const planned = planEdits(own, takenBy(scope, policies, selections), scope.namespace, known);
    for (const edit of planned.edits) {
      const place = `${edit.marker.file}\0${edit.marker.start}`;
      edits.set(place, { edit, scopes: [...(edits.get(place)?.scopes ?? []), scope] });
    }
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
