import { parseImageText } from './image.ts';

/**
 * What a kubelet's words about a failed pull say of the image: `missing` only where the registry answered that there is no such thing;
 * everything else (rate limits, logins, timeouts, a registry that is down) says nothing against the image.
 */
export function judgePullFailure(message: string, image: string): 'missing' | 'says nothing' {
  const words = withoutNames(message, image);
  if (otherCauses.some((cause) => cause.test(words))) return 'says nothing';
  return missing.test(words) ? 'missing' : 'says nothing';
}

const missing = /manifest[ _]unknown|\bnot found\b|code = notfound/;

const otherCauses = [
  /\b429\b|too ?many ?requests|rate limit|quota/,
  /\b40[13]\b|unauthorized|unauthenticated|authentication|authorization|credential|forbidden|denied|no pull access|no basic auth|insufficient_scope/,
  /time[d ]?-?out|deadline|canceled|cancelled|connection|network|unreachable|no such host|lookup |dial tcp|\beof\b|reset by peer|refused/,
  /\b5\d\d\b|server error|unavailable|bad gateway/,
  /x509|certificate|tls|http response to https/,
  /no space|disk|input\/output error|snapshotter|lease|content digest/,
];

/** Lower case, and without anything that somebody chose: the names of images contain such words and numbers. */
function withoutNames(message: string, image: string): string {
  const { name, tag } = parseImageText(image);
  const names = [image, name].filter((text) => text !== '').toSorted((a, b) => b.length - a.length);
  let words = message;
  for (const text of names) words = words.replaceAll(text, ' ');
  if (tag !== '') words = words.replaceAll(new RegExp(`(?<![\\w.-])${tag.replace(/[^\w-]/g, '\\$&')}(?![\\w.-])`, 'g'), ' ');
  return words
    .replace(/"[^"]*"/g, ' ')
    .replace(/\bhttps?:\/\/\S+/g, ' ')
    .replace(/sha256:[0-9a-f]+/g, ' ')
    .replace(/\S*\/\S*:\S+/g, ' ')
    .toLowerCase();
}
