import type { NamespacedName } from '../../core/index.ts';
import type { ImageField } from '../../edit/index.ts';
import { CliError } from '../error.ts';
import { canonicalImage } from './canonical-image.ts';

/** What a person said by `--policy PLACE=[NAMESPACE:]NAME`. */
export interface Choices {
  /** Null where nothing was said. A line counts before a file, a file before a folder, a folder before an image. */
  of(field: Pick<ImageField, 'file' | 'line' | 'image'>): NamespacedName | null;
  /** Places that no field was at. */
  unused(): readonly string[];
}

const nameGrammar = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Throws USAGE for what cannot be read. */
export function parseChoices(texts: readonly string[], namespace: string): Choices {
  const choices = texts.map((text) => ({ ...parseChoice(text, namespace), uses: 0 }));
  return {
    of: (field) => {
      const ranked = choices.map((choice) => ({ choice, rank: rankOf(choice.place, field) })).filter(({ rank }) => rank > 0);
      for (const { choice } of ranked) choice.uses += 1;
      return ranked.toSorted((a, b) => b.rank - a.rank)[0]?.choice.policy ?? null;
    },
    unused: () => choices.filter(({ uses }) => uses === 0).map(({ place }) => place),
  };
}

function parseChoice(text: string, namespace: string): { place: string; policy: NamespacedName } {
  const at = text.lastIndexOf('=');
  const [place, policy] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  const parts = policy.split(/[:/]/);
  const [first = '', second] = parts;
  const named = second === undefined ? { namespace, name: first } : { namespace: first, name: second };
  const isValid = place !== '' && parts.length <= 2 && nameGrammar.test(named.namespace) && nameGrammar.test(named.name);
  if (isValid) return { place: place.replace(/^\.\//, '').replace(/\/+$/, ''), policy: named };
  throw new CliError(
    'USAGE',
    `--policy ${JSON.stringify(text)}: write IMAGE=[NAMESPACE:]POLICY, FOLDER=…, FILE=… or FILE:LINE=…`,
  );
}

/** The nearer the greater; 0 is elsewhere. */
function rankOf(place: string, { file, line, image }: Pick<ImageField, 'file' | 'line' | 'image'>): number {
  if (place === `${file}:${line}`) return 1e6;
  if (place === file || file.startsWith(`${place}/`)) return 1 + place.length;
  return canonicalImage(place) === canonicalImage(image.name) ? 1 : 0;
}
