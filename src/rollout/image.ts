import type { RolloutSpec } from '../api/index.ts';

/** What a bump landed. */
export type LandedImage = Pick<RolloutSpec['image'], 'name' | 'tag' | 'digest'>;

interface ImageText {
  readonly name: string;
  readonly tag: string;
  readonly digest: string;
}

/** `name:tag@digest` in its parts; each is '' where it is absent. */
export function parseImageText(text: string): ImageText {
  const [reference = '', digest = ''] = text.split('@', 2);
  const colon = reference.indexOf(':', reference.lastIndexOf('/') + 1);
  return colon < 0
    ? { name: reference, tag: '', digest }
    : { name: reference.slice(0, colon), tag: reference.slice(colon + 1), digest };
}

/** Whether two names are one repository; Docker Hub goes by several. */
export function isSameRepository(a: string, b: string): boolean {
  return canonicalName(a) === canonicalName(b);
}

/** Whether a container's image is exactly what landed: a digest decides where both have one, else the tag. */
export function isLandedImage(text: string, landed: LandedImage): boolean {
  const image = parseImageText(text);
  if (!isSameRepository(image.name, landed.name)) return false;
  if (image.digest !== '' && landed.digest !== undefined) return image.digest === landed.digest;
  return image.tag === landed.tag;
}

function canonicalName(name: string): string {
  const [first = '', ...rest] = name.split('/');
  const isHost = rest.length > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
  const host = isHost ? first : 'docker.io';
  const path = isHost ? rest.join('/') : name;
  if (host !== 'docker.io' && host !== 'index.docker.io') return name;
  return `docker.io/${path.includes('/') ? path : `library/${path}`}`;
}
