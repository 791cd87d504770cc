import {
  type Clock,
  type ImageName,
  type Log,
  type Registry,
  type RegistryAccess,
  silentLog,
  systemClock,
} from '../core/index.ts';
import { type Call, failCall, identityOf } from './call.ts';
import { RegistryError } from './error.ts';
import { fetchBlob, fetchManifest, fetchReferrers } from './fetch-content.ts';
import { canonicalName, isTag } from './image-name.ts';
import { createPageMemory } from './page-memory.ts';
import { createPageSizes } from './page-size.ts';
import { createRegistryClient } from './registry-client.ts';
import { createSeenDigests, resolveDigest } from './resolve-digest.ts';
import type { Patience } from './send-patiently.ts';
import { createSharedFlights } from './shared-flights.ts';
import { createSharedListings } from './shared-listings.ts';
import { createTransport, type TransportOptions } from './transport.ts';
import { defaultWalkLimits, type WalkLimits, walkTags } from './walk-tags.ts';

export interface RegistryOptions extends Partial<TransportOptions> {
  readonly log?: Log;
  /** Tries of a failing request before its failure stands; default 4. */
  readonly tries?: number;
  /** Before the second try, growing from there; default 250. */
  readonly retryDelayMs?: number;
  /** From 0 to 1; for the jitter of retries. */
  readonly random?: () => number;
  readonly limits?: Partial<WalkLimits>;
}

/** A `Registry` that owns connections. */
export interface RegistryAdapter extends Registry {
  /** Ends the connections; what is still being asked fails with CLOSED. */
  close(): Promise<void>;
}

/**
 * Asks any OCI registry, over connections that are kept. Everybody who uses it shares one budget per host, and one walk per
 * image, credentials, TLS identity and deadline. Every failure is a `RegistryError`, an abort the signal's reason.
 */
export function createRegistry(options: RegistryOptions = {}): RegistryAdapter {
  const { clock = systemClock, log = silentLog, tries = 4, retryDelayMs = 250, random = Math.random } = options;
  const transport = createTransport({ ...options, clock });
  const client = createRegistryClient(transport, clock);
  const patience: Patience = { client, clock, log, tries, delayMs: retryDelayMs, random };
  const limits = { ...defaultWalkLimits, ...options.limits };
  const shared = { patience, limits, sizes: createPageSizes(), memory: createPageMemory() };
  const listings = createSharedListings();
  const digests = createSharedFlights<string | null>();
  const seen = createSeenDigests();
  return {
    fetchTags: (image, access, signal, choice) => {
      const question = { attempt: `listing tags of ${canonicalName(image)}`, reason: 'ReadOperationFailed', image, access };
      const knowledge = { ...shared, identity: askerKey(image, access) };
      return listings.join(flightKey(image, access), choice, signal, (flight, audience) =>
        withDeadline(clock, question, flight, (call) => walkTags(knowledge, call, audience)),
      );
    },
    fetchDigest: async (image, tag, access, signal) => {
      const question = { attempt: `fetching the digest of ${canonicalName(image)}:${tag}`, reason: 'Failed', image, access };
      if (!isTag(tag)) throw invalidTag(image);
      return digests.join(`${flightKey(image, access)} ${tag}`, signal, (flight) =>
        withDeadline(clock, question, flight, (call) => resolveDigest(patience, call, tag, seen)),
      );
    },
    fetchManifest: async (image, reference, access, signal) => {
      if (!isDigest(reference) && !isTag(reference)) throw invalidTag(image);
      const question = {
        ...askContent(image, access),
        attempt: `fetching the manifest of ${describeReference(image, reference)}`,
      };
      return withDeadline(clock, question, signal ?? neverAborted, (call) => fetchManifest(patience, call, reference));
    },
    fetchBlob: async (image, { digest, maxBytes }, access, signal) => {
      if (!isDigest(digest)) throw invalidTag(image);
      const question = { ...askContent(image, access), attempt: `fetching the blob of ${describeReference(image, digest)}` };
      return withDeadline(clock, question, signal ?? neverAborted, (call) => fetchBlob(patience, call, digest, maxBytes));
    },
    fetchReferrers: async (image, digest, access, signal) => {
      if (!isDigest(digest)) throw invalidTag(image);
      const question = { ...askContent(image, access), attempt: `listing what refers to ${describeReference(image, digest)}` };
      return withDeadline(clock, question, signal ?? neverAborted, (call) => fetchReferrers(patience, call, digest));
    },
    close: async () => {
      const reason = new RegistryError('CLOSED', 'the registry client was closed');
      listings.abort(reason);
      digests.abort(reason);
      await transport.close();
    },
  };
}

const neverAborted = new AbortController().signal;

function askContent(image: ImageName, access: RegistryAccess) {
  return { reason: 'ReadOperationFailed', image, access };
}

function isDigest(reference: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(reference);
}

function describeReference(image: ImageName, reference: string): string {
  return `${canonicalName(image)}${isDigest(reference) ? '@' : ':'}${reference}`;
}

/** Equal only for callers who would send exactly the same. */
function flightKey(image: ImageName, access: RegistryAccess): string {
  return `${askerKey(image, access)} ${access.timeoutMs}`;
}

function askerKey(image: ImageName, access: RegistryAccess): string {
  return [canonicalName(image), identityOf(access), access.insecure].join(' ');
}

async function withDeadline<T>(
  clock: Clock,
  question: Pick<Call, 'attempt' | 'reason' | 'image' | 'access'>,
  signal: AbortSignal,
  ask: (call: Call) => Promise<T>,
): Promise<T> {
  const { timeoutMs } = question.access;
  const deadline = new AbortController();
  const cancel = clock.schedule(timeoutMs, () => {
    deadline.abort(failCall(question, 'TIMEOUT', `no complete answer within ${timeoutMs / 1000} s; see spec.timeout`));
  });
  try {
    return await ask({ ...question, signal: AbortSignal.any([signal, deadline.signal]), deadline: clock.now() + timeoutMs });
  } finally {
    cancel();
  }
}

function invalidTag(image: ImageName): RegistryError {
  return new RegistryError(
    'INVALID_NAME',
    `fetching a digest of ${canonicalName(image)}: the tag is not one a registry could have`,
    {
      retry: 'never',
    },
  );
}
