/** `spec.policy` and `spec.filterTags` of an ImagePolicy that accepts a tag and what comes after it, or why there is none. */
export type ProposedTagPolicy =
  | {
      readonly kind: 'policy';
      readonly because: string;
      readonly policy: Readonly<Record<string, Readonly<Record<string, string>>>>;
      readonly filterTags?: { readonly pattern: string; readonly extract?: string };
      readonly annotations?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'none'; readonly because: string };

/** A sensible policy by the shape of the tag that is in use. Pure. */
export function proposeTagPolicy(tag: string): ProposedTagPolicy {
  for (const propose of [byVersion, byDate, byNumber, byHash]) {
    const found = propose(tag);
    if (found !== null) return found;
  }
  return { kind: 'none', because: `${JSON.stringify(tag)} names no version: it moves under the same name, and has no order` };
}

const preRelease = /^-(?:alpha|beta|rc|pre|preview|dev|snapshot|m|next|canary|nightly)[-.]?[0-9.]*$/i;
const version = /^(v?)(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(\.(?:0|[1-9][0-9]*))?((?:-[A-Za-z0-9.-]+)?)$/;

function byVersion(tag: string): ProposedTagPolicy | null {
  const [, v, major, minor, patch = '', suffix = ''] = version.exec(tag) ?? [];
  if (v === undefined || major === undefined || minor === undefined) return null;
  // Years as majors go up every January.
  const isDated = major.length === 4 && Number(major) >= 1990;
  const comparator = isDated ? '>=' : '^';
  const core = `${major}.${minor}${patch}`;
  const parts = patch === '' ? { annotations: { 'tagalong.dev/version-parts': 'any' } } : {};
  const digits = '(?:0|[1-9][0-9]*)';
  const shape = `v?${digits}\\.${digits}${patch === '' ? '' : `\\.${digits}`}`;
  const upTo = isDated ? 'every later one' : 'compatible later ones';
  const range = `${comparator}${core}`;
  if (suffix === '' && patch !== '') return policyOf(`${tag} is a version: ${upTo}`, { semver: { range } });
  if (suffix === '') {
    const filterTags = { pattern: `^(?P<version>${shape})$`, extract: '$version' };
    return policyOf(`${tag} is a version of two parts: ${upTo} of two parts`, { semver: { range } }, { filterTags, ...parts });
  }
  if (patch !== '' && preRelease.test(suffix) && !/(^-|\.)0[0-9]/.test(suffix))
    return policyOf(`${tag} is a pre-release: ${upTo}, pre-releases among them`, { semver: { range: `${range}${suffix}` } });
  const filterTags = { pattern: `^(?P<version>${shape})${generalise(suffix)}$`, extract: '$version' };
  return policyOf(
    `${tag} is a variant of a version: ${upTo} of the same variant`,
    { semver: { range } },
    { filterTags, ...parts },
  );
}

/** Dates and times of fixed width sort as texts. */
function byDate(tag: string): ProposedTagPolicy | null {
  const isDate = /(?:^|[^0-9])(?:19|20)[0-9]{2}[-._]?(?:0[1-9]|1[0-2])[-._]?(?:0[1-9]|[12][0-9]|3[01])(?![0-9]{7})/.test(tag);
  if (!isDate || /^[0-9]+$/.test(tag)) return null;
  const hash = /[-._]([0-9a-f]{7,40})$/.exec(tag);
  const [dated, tail] =
    hash?.[1] !== undefined && /[a-f]/.test(hash[1])
      ? [tag.slice(0, hash.index), tag.slice(hash.index, hash.index + 1)]
      : [tag, null];
  const shape = literal(dated).replace(/[0-9]+/g, (digits) => `[0-9]{${digits.length}}`);
  const pattern = tail === null ? `^${shape}$` : `^(?P<date>${shape})${literal(tail)}[0-9a-f]+$`;
  const filterTags = { pattern, ...(tail === null ? {} : { extract: '$date' }) };
  return policyOf(`${tag} is a date: the latest one of that shape`, { alphabetical: { order: 'asc' } }, { filterTags });
}

/** `42`, `build-42`, `main-3f2a1b9-1700000000`: the number that goes up. */
function byNumber(tag: string): ProposedTagPolicy | null {
  if (/^[0-9]+$/.test(tag)) {
    return policyOf(
      `${tag} is a number: the greatest one`,
      { numerical: { order: 'asc' } },
      { filterTags: { pattern: '^[0-9]+$' } },
    );
  }
  const hashed = /^((?:.*[-._])?)([0-9a-f]{7,40})([-._])([0-9]+)$/.exec(tag);
  const counted = /^((?:.*[-._])?)([0-9]{5,})([-._])([0-9a-f]{7,40})$/.exec(tag);
  const extract = { extract: '$number' };
  const number = '(?P<number>[0-9]+)';
  if (hashed?.[2] !== undefined && /[a-f]/.test(hashed[2])) {
    const pattern = `^${literal(hashed[1] ?? '')}[0-9a-f]+${literal(hashed[3] ?? '')}${number}$`;
    return policyOf(
      `${tag} ends in a number: the greatest one`,
      { numerical: { order: 'asc' } },
      { filterTags: { pattern, ...extract } },
    );
  }
  if (counted !== null) {
    const pattern = `^${literal(counted[1] ?? '')}${number}${literal(counted[3] ?? '')}[0-9a-f]+$`;
    return policyOf(
      `${tag} has a number: the greatest one`,
      { numerical: { order: 'asc' } },
      { filterTags: { pattern, ...extract } },
    );
  }
  const [, prefix, digits] = /^(.*[A-Za-z][-._]?)([0-9]+)$/.exec(tag) ?? [];
  if (prefix === undefined || digits === undefined || isHash(tag)) return null;
  const pattern = `^${literal(prefix)}${number}$`;
  return policyOf(
    `${tag} ends in a number: the greatest one`,
    { numerical: { order: 'asc' } },
    { filterTags: { pattern, ...extract } },
  );
}

function byHash(tag: string): ProposedTagPolicy | null {
  if (!isHash(tag)) return null;
  return {
    kind: 'none',
    because: `${JSON.stringify(tag)} is named after a commit, and hashes have no order: let the build add a number or a time (main-<commit>-<time>)`,
  };
}

function isHash(tag: string): boolean {
  const [hash] = /(?:^|[-._])[0-9a-f]{7,64}$/.exec(tag) ?? [];
  return hash !== undefined && /[a-f]/.test(hash) && /[0-9]/.test(hash);
}

/** The same words with other numbers. */
function generalise(suffix: string): string {
  return literal(suffix).replace(/[0-9]+(?:\\\.[0-9]+)*/g, '[0-9.]+');
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

type Policy = Extract<ProposedTagPolicy, { kind: 'policy' }>;

function policyOf(because: string, policy: Policy['policy'], more: Pick<Policy, 'filterTags' | 'annotations'> = {}): Policy {
  return { kind: 'policy', because, policy, ...more };
}
