import type { JSONWebKeySet } from 'jose';
import { isRecord, textAt } from './read-body.ts';

/** Checks tokens of OpenID Connect against the keys that their issuer publishes. */
export interface TokenChecker {
  /** The claims of a token of this issuer for this audience that is valid now, else null. */
  claims(
    token: string,
    expected: { readonly issuer: string; readonly audience: string },
  ): Promise<Record<string, unknown> | null>;
}

export interface TokenCheckerOptions {
  /** Goes only where an address that somebody else chose may lead. */
  readonly fetch: () => Promise<typeof globalThis.fetch>;
  readonly now: () => number;
}

const keysLastMs = 3_600_000;
/** A token with a key that is not known yet makes us look again, but not more often than this. */
const askAgainMs = 60_000;
const issuersAtMost = 100;

interface IssuerKeys {
  readonly keys: JSONWebKeySet;
  readonly readAt: number;
}

/** Keys of an issuer are kept for an hour; no algorithm that is not asymmetric is accepted. */
export function createTokenChecker({ fetch, now }: TokenCheckerOptions): TokenChecker {
  const known = new Map<string, IssuerKeys>();
  const keysOf = async (issuer: string, atMostMs: number): Promise<IssuerKeys> => {
    const found = known.get(issuer);
    if (found !== undefined && now() - found.readAt < atMostMs) return found;
    const read = { keys: await readKeys(await fetch(), issuer), readAt: now() };
    if (known.size >= issuersAtMost) known.clear();
    known.set(issuer, read);
    return read;
  };
  return {
    async claims(token, expected) {
      for (const atMostMs of [keysLastMs, askAgainMs]) {
        const { keys } = await keysOf(expected.issuer, atMostMs);
        const outcome = await verify(token, keys, expected, now());
        if (outcome !== 'unknown key') return outcome;
      }
      return null;
    },
  };
}

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

async function verify(
  token: string,
  keys: JSONWebKeySet,
  { issuer, audience }: { readonly issuer: string; readonly audience: string },
  now: number,
): Promise<Record<string, unknown> | 'unknown key' | null> {
  const { createLocalJWKSet, jwtVerify } = await import('jose'); // large, and seldom needed
  try {
    const options = { algorithms, issuer, audience, currentDate: new Date(now), requiredClaims: ['exp'], clockTolerance: 30 };
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), options);
    return payload;
  } catch (error) {
    return textAt(error, 'code') === 'ERR_JWKS_NO_MATCHING_KEY' ? 'unknown key' : null;
  }
}

async function readKeys(fetch: typeof globalThis.fetch, issuer: string): Promise<JSONWebKeySet> {
  const discovered = await readJson(fetch, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const found = await readJson(fetch, textAt(discovered, 'jwks_uri'));
  const keys = isRecord(found) && Array.isArray(found['keys']) ? found['keys'].filter(isRecord) : [];
  return { keys } as unknown as JSONWebKeySet;
}

async function readJson(fetch: typeof globalThis.fetch, url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${new URL(url).host} answered ${response.status}`);
  return response.json();
}
