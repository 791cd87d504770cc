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
  | { readonly kind: 'identity'; readonly token: Secret }
  /** An access token of a cloud that the registry itself exchanges for a refresh token (Azure's registries). */
  | { readonly kind: 'exchange'; readonly token: Secret };

export interface RegistryAccess {
  readonly credentials: RegistryCredentials;
  /** Plain HTTP. */
  readonly insecure: boolean;
  /** PEM texts added to (ca) or presented with (certificate, key) the TLS handshake. */
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: Secret };
  /** Everything goes through it; http, https or socks5, and the address without user information. */
  readonly proxy?: { readonly address: string; readonly username?: string; readonly password?: Secret };
  /** Deadline for the whole listing. */
  readonly timeoutMs: number;
}

export interface TagListing {
  /** Every tag that is in the grammar and was asked for, unsorted, each once. */
  readonly tags: readonly string[];
  /** How many entries in the grammar there were, before the choice of the caller. */
  readonly total: number;
  /** How many entries were dropped for breaking the tag grammar. */
  readonly malformed: number;
}

/** Which tags of a listing somebody keeps; the others are gone through and forgotten. */
export interface TagChoice {
  /** Equal for equal rules. */
  readonly key: string;
  accepts(tag: string): boolean;
}

/** A manifest or an index, with the digest of its very bytes. */
export interface RegistryManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** What an index or a list of referrers says of a manifest. */
export interface RegistryDescriptor {
  readonly digest: string;
  readonly mediaType: string;
  readonly artifactType?: string;
}

export interface Registry {
  /** A complete walk of the tags, or an error (`RegistryError`): a listing cut in the middle is never returned. */
  fetchTags(image: ImageName, access: RegistryAccess, signal?: AbortSignal, choice?: TagChoice): Promise<TagListing>;
  /** The manifest digest a tag points at (`sha256:…`), or null when the registry has no such tag. */
  fetchDigest(image: ImageName, tag: string, access: RegistryAccess, signal?: AbortSignal): Promise<string | null>;
  /** The manifest or index at a tag or digest, or null when the registry has none. What is asked for by digest has that digest. */
  fetchManifest(
    image: ImageName,
    reference: string,
    access: RegistryAccess,
    signal?: AbortSignal,
  ): Promise<RegistryManifest | null>;
  /** The blob of a digest, in memory: at most `maxBytes`. Null when the registry has none. */
  fetchBlob(
    image: ImageName,
    blob: { readonly digest: string; readonly maxBytes: number },
    access: RegistryAccess,
    signal?: AbortSignal,
  ): Promise<Buffer | null>;
  /** The manifests that refer to the one of a digest (signatures, attestations): those of the referrers API, else of its fallback tag. */
  fetchReferrers(
    image: ImageName,
    digest: string,
    access: RegistryAccess,
    signal?: AbortSignal,
  ): Promise<readonly RegistryDescriptor[]>;
}
