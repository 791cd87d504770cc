import { canonicalName, parseImageName } from '../../registry/index.ts';

/** One text for all spellings of an image's name: `nginx`, `docker.io/nginx` and `index.docker.io/library/nginx`. */
export function canonicalImage(name: string): string {
  const spelled = name.replace(/^(docker\.io|registry-1\.docker\.io)\//, 'index.docker.io/');
  try {
    return canonicalName(parseImageName(spelled));
  } catch {
    return name;
  }
}
