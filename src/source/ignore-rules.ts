import { type IgnorePattern, parseIgnoreRules } from './ignore-pattern.ts';

/** What no artifact carries, whatever the rules. */
const versionControl = parseIgnoreRules('.git/\n.gitignore\n.gitmodules\n.gitattributes\n');

/** Flux's defaults: media and archives, CI of others, and tools' own files. They hold only where nobody gave a pattern. */
const defaults = parseIgnoreRules(`*.jpg
*.jpeg
*.gif
*.png
*.wmv
*.flv
*.tar.gz
*.zip
.github/
.circleci/
.travis.yml
.gitlab-ci.yml
appveyor.yml
.drone.yml
cloudbuild.yaml
codeship-services.yml
codeship-steps.yml
**/.goreleaser.yml
**/.sops.yaml
**/.flux.yaml
`);

export interface IgnoreFile {
  /** The folder it lies in, '' for the root. */
  readonly folder: string;
  readonly text: string;
}

/**
 * Tells whether a file is left out: the `.sourceignore` files, each for its folder and outer ones first, then `spec.ignore`. The last pattern
 * that speaks about a file decides, so a file can be taken back in although its folder is left out: Flux looks at every file by itself.
 */
export function createIgnoreRules(files: readonly IgnoreFile[], specIgnore: string | undefined): (path: string) => boolean {
  const key = JSON.stringify([files, specIgnore]);
  const known = made.get(key) ?? remembering(compileRules(files, specIgnore));
  made.delete(key);
  made.set(key, known);
  for (const oldest of made.keys()) if (made.size > rulesRemembered) made.delete(oldest);
  return known;
}

/** The rules of a source seldom change from one revision to the next, and most of its files do not either: what was decided stays so. */
const made = new Map<string, (path: string) => boolean>();
const rulesRemembered = 32;
const pathsRemembered = 200_000;

function remembering(isIgnored: (path: string) => boolean): (path: string) => boolean {
  const decided = new Map<string, boolean>();
  return (path) => {
    const known = decided.get(path);
    if (known !== undefined) return known;
    if (decided.size >= pathsRemembered) decided.clear();
    const answer = isIgnored(path);
    decided.set(path, answer);
    return answer;
  };
}

function compileRules(files: readonly IgnoreFile[], specIgnore: string | undefined): (path: string) => boolean {
  const ordered = files.toSorted((a, b) => compareFolders(a.folder, b.folder));
  const given = [...ordered.flatMap(({ folder, text }) => parseIgnoreRules(text, folder)), ...parseIgnoreRules(specIgnore ?? '')];
  const patterns = [...versionControl, ...(given.length > 0 ? given : defaults)];
  return (path) => decides(patterns, path)?.include === false;
}

function decides(patterns: readonly IgnorePattern[], path: string): IgnorePattern | undefined {
  return patterns.findLast((pattern) => pattern.matches(path));
}

// Outer folders first: a folder's own rules come after, and so win over, those of the folders around it.
function compareFolders(a: string, b: string): number {
  return a.split('/').length - b.split('/').length || (a < b ? -1 : 1);
}

/**
 * The rules of a bucket: of the `.sourceignore` at its root and of `spec.ignore`, and no others. Flux has neither defaults nor nested files there.
 */
export function createObjectRules(rootRules: string | undefined, specIgnore: string | undefined): (key: string) => boolean {
  const patterns = [...parseIgnoreRules(rootRules ?? ''), ...parseIgnoreRules(specIgnore ?? '')];
  return (key) => decides(patterns, key)?.include === false;
}
