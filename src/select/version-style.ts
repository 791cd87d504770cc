/** How versions are read where semver's own way does not fit the tags of an image; by default both are off. */
export interface VersionStyle {
  /** `rc10` comes after `rc9`: the digits and the letters of a pre-release count apart. */
  readonly naturalPreReleases: boolean;
  /** `1`, `1.2` and `1.2.3.4` are versions too. */
  readonly anyParts: boolean;
}

export const semverStyle: VersionStyle = { naturalPreReleases: false, anyParts: false };

/** The identifiers of a pre-release by which it is ordered: `rc10` is `rc`, `10` in natural order. */
export function splitIdentifiers(pre: readonly string[], { naturalPreReleases }: VersionStyle): readonly string[] {
  return naturalPreReleases ? pre.flatMap((identifier) => identifier.match(/[0-9]+|[^0-9]+/g) ?? []) : pre;
}
