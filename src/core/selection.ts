/** What a policy picked; the same shape as `status.latestRef`. */
export interface ImageRef {
  /** `spec.image` of the ImageRepository, verbatim. */
  readonly name: string;
  readonly tag: string;
  /** '' or absent unless the policy reflects digests. */
  readonly digest?: string;
}

/** `name:tag[@digest]`. */
export function formatImageRef({ name, tag, digest }: ImageRef): string {
  return digest ? `${name}:${tag}@${digest}` : `${name}:${tag}`;
}

/**
 * Why a tag is or is not the answer. `stage` names the rule that dropped it, or what keeps the answer from landing: the platforms it is
 * there for, its signature, another guard, or a hold.
 */
export interface TagVerdict {
  readonly tag: string;
  readonly selected: boolean;
  readonly stage: TagStage;
  readonly reason: string;
}

export type TagStage =
  | 'selected'
  | 'malformed'
  | 'exclusion'
  | 'pattern'
  | 'parse'
  | 'range'
  | 'order'
  | 'platform'
  | 'signature'
  | 'guard'
  | 'hold';
