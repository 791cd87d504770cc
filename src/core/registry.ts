import type { Secret } from './log.ts';

/** A repository by its canonical parts, as Flux canonicalises names: `index.docker.io` + `library/alpine`. */
export interface ImageName {
  /** Host with optional port: `index.docker.io`, `registry.example:5000`. */
  readonly registry: string;
  /** Path in the registry, without tag or digest. */
  readonly repository: string;
}

/** Credentials for one registry host, already chosen for the image that is asked about. */
export type RegistryCredentials =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'bearer'; readonly token: Secret }
  /** An OAuth2 refresh token (`identitytoken` of a docker config), exchanged at the token service the registry names. */
  | { readonly kind: 'identity'; readonly token: Secret };

export interface RegistryAccess {
  readonly credentials: RegistryCredentials;
  /** Plain HTTP. */
  readonly insecure: boolean;
  /** PEM texts added to (ca) or presented with (certificate, key) the TLS handshake. */
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: Secret };
  /** Deadline for the whole listing. */
  readonly timeoutMs: number;
}

export interface TagListing {
  /** Every tag that is in the grammar, unsorted, each once. */
  readonly tags: readonly string[];
  /** How many entries were dropped for breaking the tag grammar. */
  readonly malformed: number;
}

export interface Registry {
  /** A complete walk of the tags, or an error (`RegistryError`): a listing cut in the middle is never returned. */
  fetchTags(image: ImageName, access: RegistryAccess, signal?: AbortSignal): Promise<TagListing>;
  /** The manifest digest a tag points at (`sha256:…`), or null when the registry has no such tag. */
  fetchDigest(image: ImageName, tag: string, access: RegistryAccess, signal?: AbortSignal): Promise<string | null>;
}
