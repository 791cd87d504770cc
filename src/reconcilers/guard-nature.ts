import { createHash } from 'node:crypto';
import {
  type Cluster,
  errorMessage,
  type ImageName,
  type Instant,
  type Registry,
  type RegistryAccess,
  type RegistryManifest,
} from '../core/index.ts';
import { type Guard, type GuardReason, refuse, waitFor } from '../guard/index.ts';
import { type Trust, verifyImage } from '../signature/index.ts';
import { readTrust } from './guard-trust.ts';

/** An image at a digest, and what opens its registry. */
export interface NatureCandidate {
  readonly image: ImageName;
  readonly digest: string;
  readonly access: RegistryAccess;
}

/** Gates on what an image is: its platforms, and who signed it. */
export interface NatureChecks {
  /** Empty where the image passes every guard. A reason that may go by itself (a signature that comes later) is one to wait for. */
  check(guards: readonly Guard[], candidate: NatureCandidate, now: Instant, signal: AbortSignal): Promise<readonly GuardReason[]>;
}

/** Whether a guard looks at what an image is, and not only at when it lands. */
export function hasNatureGates({ spec }: Guard): boolean {
  return (spec.platforms?.length ?? 0) > 0 || (spec.verify?.length ?? 0) > 0;
}

/** An image is often pushed before its signature: so long an answer that it has none counts, doubled each time that it stays so. */
const unsignedForMs = 60_000;
const unsignedForAtMostMs = 1_800_000;
const signedForMs = 600_000;
const rememberedAtMost = 2000;

interface SignatureRecord {
  /** Null where it is signed. */
  readonly because: string | null;
  readonly forMs: number;
  readonly until: Instant;
}

export function createNatureChecks({ home, registry }: { readonly home: Cluster; readonly registry: Registry }): NatureChecks {
  const platforms = new Map<string, readonly string[]>();
  const signatures = new Map<string, SignatureRecord>();

  const platformsOf = async (candidate: NatureCandidate, signal: AbortSignal) => {
    const known = platforms.get(candidate.digest) ?? (await readPlatforms(registry, candidate, signal));
    if (platforms.size >= rememberedAtMost) platforms.clear();
    platforms.set(candidate.digest, known);
    return known;
  };
  const lookFor = async (
    candidate: NatureCandidate,
    trust: Trust,
    now: Instant,
    signal: AbortSignal,
  ): Promise<SignatureRecord> => {
    const key = JSON.stringify([candidate.image, candidate.digest, fingerprintOf(trust)]);
    const known = signatures.get(key);
    if (known !== undefined && now < known.until && known.until <= now + known.forMs) return known;
    const answer = await verifyImage(registry, candidate, trust, signal);
    const because = answer.kind === 'signed' ? null : answer.because;
    if (signatures.size >= rememberedAtMost) signatures.clear();
    const forMs = because === null ? signedForMs : nextLookMs(known);
    const record = { because, forMs, until: now + forMs };
    signatures.set(key, record);
    return record;
  };
  const checkPlatforms = async (
    { name, spec }: Guard,
    candidate: NatureCandidate,
    signal: AbortSignal,
  ): Promise<GuardReason[]> => {
    const wanted = spec.platforms ?? [];
    if (wanted.length === 0) return [];
    const there = await platformsOf(candidate, signal);
    const missing = wanted.filter((platform) => !there.some((one) => one === platform || one.startsWith(`${platform}/`)));
    return missing.length === 0 ? [] : [refuse(name, 'PlatformMissing', `it is not there for ${missing.join(', ')}`)];
  };
  const checkSignatures = async (
    guard: Guard,
    candidate: NatureCandidate,
    now: Instant,
    signal: AbortSignal,
  ): Promise<GuardReason[]> => {
    const reasons: GuardReason[] = [];
    for (const spec of guard.spec.verify ?? []) {
      const trust = await readTrust(home, guard.name.namespace, spec, signal);
      const { because, until } = await lookFor(candidate, trust, now, signal);
      if (because !== null) reasons.push(waitFor(guard.name, 'NotSigned', because, { askAgainAt: until }));
    }
    return reasons;
  };
  return {
    async check(guards, candidate, now, signal) {
      const reasons: GuardReason[] = [];
      for (const guard of guards.filter(hasNatureGates)) {
        try {
          reasons.push(
            ...(await checkPlatforms(guard, candidate, signal)),
            ...(await checkSignatures(guard, candidate, now, signal)),
          );
        } catch (error) {
          if (signal.aborted) throw error;
          const message = `it cannot be checked: ${errorMessage(error)}`;
          reasons.push(waitFor(guard.name, 'Unchecked', message, { askAgainAt: now + unsignedForMs }));
        }
      }
      return reasons;
    },
  };
}

/** The platforms of an index, or the one of a single image, as `os/architecture/variant`. */
async function readPlatforms(registry: Registry, candidate: NatureCandidate, signal: AbortSignal): Promise<readonly string[]> {
  const { image, digest, access } = candidate;
  const manifest = await registry.fetchManifest(image, digest, access, signal);
  if (manifest === null) throw new Error(`the registry has no ${digest}`);
  const { manifests, config } = parseJson(manifest);
  if (Array.isArray(manifests)) return manifests.flatMap((entry) => describePlatform((entry as Fields).platform) ?? []);
  const configDigest = (config as Fields | undefined)?.digest;
  if (typeof configDigest !== 'string') return [];
  const bytes = await registry.fetchBlob(image, { digest: configDigest, maxBytes: 4_194_304 }, access, signal);
  const own = bytes === null ? undefined : describePlatform(JSON.parse(bytes.toString('utf8')));
  return own === undefined ? [] : [own];
}

type Fields = Readonly<Record<string, unknown>>;

function parseJson({ bytes }: RegistryManifest): Fields {
  return JSON.parse(bytes.toString('utf8')) as Fields;
}

function describePlatform(value: unknown): string | undefined {
  const { os, architecture, variant } = (value ?? {}) as Fields;
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined;
  return [os, architecture, ...(typeof variant === 'string' && variant !== '' ? [variant] : [])].join('/');
}

/** When it is looked at again; a signature that was there and is gone begins anew. */
function nextLookMs(known: SignatureRecord | undefined): number {
  return known === undefined || known.because === null ? unsignedForMs : Math.min(known.forMs * 2, unsignedForAtMostMs);
}

function fingerprintOf(trust: Trust): string {
  return createHash('sha256').update(trust.identity).digest('hex');
}
