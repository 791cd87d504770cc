import { CliError } from './error.ts';
import { type KindView, kindViews } from './kind-views.ts';

/** Reads `Kustomization/apps`, `ks/apps` or `image-policy/web`, in any case of letters. Throws USAGE for a kind that is not served. */
export function parseObjectName(text: string): { readonly view: KindView; readonly name?: string } {
  const slash = text.indexOf('/');
  const word = slash < 0 ? text : text.slice(0, slash);
  const name = slash < 0 ? '' : text.slice(slash + 1);
  const view = kindViews.find((candidate) => wordsFor(candidate).includes(word.toLowerCase()));
  if (view === undefined)
    throw new CliError(
      'USAGE',
      `'${word}' is not a kind that is served; these are: ${kindViews.map(({ served }) => served.kind).join(', ')}`,
    );
  return { view, ...(name === '' ? {} : { name }) };
}

function wordsFor({ served, words }: KindView): string[] {
  const { word, group, aliases } = words;
  const own = group === undefined ? [word, ...aliases] : [`${group}-${word}`];
  return [served.kind.toLowerCase(), served.plural, `${served.plural}.${served.group}`, ...own];
}
