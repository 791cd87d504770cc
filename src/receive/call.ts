/** One call of a webhook, as it came. */
export interface Call {
  /** By lower-case name. */
  header(name: string): string | undefined;
  readonly body: Buffer;
}

/** Why a call is not acted upon; the caller is told no more than a status code. */
export type Refusal =
  /** Whoever calls does not prove to be who they should be. */
  | 'unproven'
  /** The body is not what this type of webhook sends. */
  | 'malformed'
  /** The receiver does not act on this event. */
  | 'other event';

/** What was learned from a call that was accepted. */
export interface AcceptedCall {
  /** The body as filters see it; {} where it is no JSON. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Claims of an OIDC token. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Images that the payload names, such as `ghcr.io/acme/web`: hints where to look, never what is there. */
  readonly images: readonly string[];
  /** Branches whose pull requests the payload tells of: hints as well. */
  readonly branches: readonly string[];
}

export type Verdict =
  | { readonly kind: 'accepted'; readonly call: AcceptedCall }
  | { readonly kind: 'refused'; readonly because: Refusal };

export const refuse = (because: Refusal): Verdict => ({ kind: 'refused', because });
