import { type Edit, type FileProblem, formatImageRef, formatKey, type ImageRef, type Marker } from '../core/index.ts';

export interface PlannedEdits {
  /** Only where the value differs, in the order of the markers. */
  readonly edits: readonly Edit[];
  /** Markers that were left alone although they may not be, each with its file:line:column. */
  readonly problems: readonly FileProblem[];
}

/**
 * What has to change so that every marker carries its policy's selection. `selections` is keyed by `namespace/name`; `namespace`
 * is the automation's, whose policies alone it may write. `known` are the keys of all policies there are: a marker of a known
 * policy without a selection waits in silence, one of an unknown policy is a problem. Without `known`, the selections are all.
 */
export function planEdits(
  markers: readonly Marker[],
  selections: ReadonlyMap<string, ImageRef>,
  namespace: string,
  known?: ReadonlySet<string>,
): PlannedEdits {
  const edits: Edit[] = [];
  const problems: FileProblem[] = [];
  for (const marker of markers) {
    const plan = planEdit(marker, selections, namespace, known);
    if (plan.kind === 'edit') edits.push({ marker, before: marker.value, after: plan.after });
    if (plan.kind === 'problem') problems.push(problemAt(marker, plan.message));
  }
  return { edits, problems };
}

type MarkerPlan =
  | { readonly kind: 'edit'; readonly after: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'problem'; readonly message: string };

function planEdit(
  marker: Marker,
  selections: ReadonlyMap<string, ImageRef>,
  namespace: string,
  known: ReadonlySet<string> | undefined,
): MarkerPlan {
  const { policy } = marker;
  const key = formatKey(policy);
  if (policy.namespace !== namespace) return problem(foreignPolicy(marker, namespace));
  const selection = selections.get(key);
  if (selection === undefined) {
    return known?.has(key) ? { kind: 'nothing' } : problem(`marker names ImagePolicy ${key}, which does not exist`);
  }
  const after = renderPart(marker, selection);
  if (after === '') return problem(`marker wants the digest of ${key}, which reflects none; set its spec.digestReflectionPolicy`);
  if (!isPart(marker, after))
    return problem(`ImagePolicy ${key} selected ${JSON.stringify(after)}, which is not a valid ${marker.part}`);
  return after === marker.value ? { kind: 'nothing' } : { kind: 'edit', after };
}

/** The text a marker's value has when it carries `selection`; '' for the digest of a selection without one. */
export function renderPart({ part }: Pick<Marker, 'part'>, selection: ImageRef): string {
  switch (part) {
    case 'image':
      return formatImageRef(selection);
    case 'tag':
      return selection.tag;
    case 'name':
      return selection.name;
    case 'digest':
      return selection.digest ?? '';
    default:
      return part satisfies never;
  }
}

const nameGrammar = '[A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]+)?(?:/[A-Za-z0-9._-]+)*';
const tagGrammar = '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}';
const digestGrammar = '[A-Za-z0-9+._-]+:[0-9A-Fa-f]{32,}';
const grammars = {
  name: new RegExp(`^${nameGrammar}$`),
  tag: new RegExp(`^${tagGrammar}$`),
  digest: new RegExp(`^${digestGrammar}$`),
  image: new RegExp(`^${nameGrammar}:${tagGrammar}(?:@${digestGrammar})?$`),
};

/** Nothing that is not an image gets into a file, whatever an object's status or a registry says. */
function isPart({ part }: Marker, text: string): boolean {
  return text.length <= 1024 && grammars[part].test(text);
}

function foreignPolicy({ policy }: Marker, namespace: string): string {
  return `marker names ImagePolicy ${formatKey(policy)}, but an automation of namespace "${namespace}" writes only policies of its own namespace`;
}

function problem(message: string): MarkerPlan {
  return { kind: 'problem', message };
}

function problemAt({ file, line, column }: Marker, message: string): FileProblem {
  return { file, line, column, message };
}
