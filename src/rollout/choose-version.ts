import { formatKey, type Marker, type NamespacedName } from '../core/index.ts';
import { isSamePlace } from './changes.ts';
import { parseImageText } from './image.ts';

/** The markers of one policy in one version of a file. */
export interface FileVersion {
  readonly markers: readonly Marker[];
}

/** Each value that has to change for one file to go back. */
export interface Step {
  readonly marker: Marker;
  readonly after: string;
}

export type VersionChoice =
  | { readonly kind: 'steps'; readonly steps: readonly Step[] }
  | { readonly kind: 'none'; readonly because: string };

/**
 * What a file's markers of a policy go back to: together, as they once stood in one version of the file, so that a tag and a digest fit.
 * `history` is newest first and begins with the file as it is.
 */
export function chooseVersion(policy: NamespacedName, history: readonly FileVersion[], to: string | undefined): VersionChoice {
  const states = history.map(({ markers }) => markers.filter((marker) => formatKey(marker.policy) === formatKey(policy)));
  const [current = []] = states;
  const file = current[0]?.file ?? 'the file';
  if (current.length === 0) return { kind: 'none', because: `no marker of ${policy.name}` };
  const found = to === undefined ? findBefore(states) : states.find((state) => state.some((marker) => tagOf(marker) === to));
  if (found !== undefined) return { kind: 'steps', steps: stepsTo(current, found) };
  if (to === undefined) return { kind: 'none', because: `${file} never carried another version before` };
  return chooseUnseen(current, file, to);
}

/**
 * What stood there before, as undoing knows it: a version that was gone back from is off the way. So going back twice goes back twice, never
 * forth, and never to what somebody had taken back.
 */
function findBefore(states: readonly (readonly Marker[])[]): readonly Marker[] | undefined {
  const way: { readonly key: string; readonly state: readonly Marker[] }[] = [];
  for (const state of states.toReversed()) {
    if (state.length === 0) continue;
    const key = keyOf(state);
    const known = way.findIndex((one) => one.key === key);
    if (known >= 0) way.length = known;
    way.push({ key, state });
  }
  return way.at(-2)?.state;
}

function keyOf(state: readonly Marker[]): string {
  return JSON.stringify(state.map(({ part, value }) => [part, value]).toSorted());
}

function stepsTo(current: readonly Marker[], wanted: readonly Marker[]): Step[] {
  return current.flatMap((marker) => {
    const before = wanted.find((other) => isSamePlace(marker, other)) ?? wanted.find((other) => other.part === marker.part);
    return before === undefined || before.value === marker.value ? [] : [{ marker, after: before.value }];
  });
}

/** A tag that never stood there can be written only where nothing else has to fit. */
function chooseUnseen(current: readonly Marker[], file: string, to: string): VersionChoice {
  const steps: Step[] = [];
  for (const marker of current) {
    const { part, value } = marker;
    if (part === 'name') continue;
    const image = parseImageText(value);
    if (part === 'digest' || (part === 'image' && image.digest !== ''))
      return { kind: 'none', because: `${to} never stood in ${file}, so that its digest is not known` };
    const after = part === 'tag' ? to : `${image.name}:${to}`;
    if (after !== value) steps.push({ marker, after });
  }
  return { kind: 'steps', steps };
}

function tagOf({ part, value }: Marker): string {
  return part === 'tag' ? value : part === 'image' ? parseImageText(value).tag : '';
}
