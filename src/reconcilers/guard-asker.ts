import { guardAnnotation, type ImagePolicy, type ImageUpdateAutomation } from '../api/index.ts';
import {
  type Delivery,
  formatImageRef,
  formatKey,
  type ImageRef,
  type Instant,
  keyOf,
  type NamespacedName,
  nameOf,
  parseKey,
} from '../core/index.ts';
import {
  type Binding,
  bindGuards,
  decideBump,
  deliveryOf,
  type Guard,
  type GuardReason,
  type KnownGuard,
  type Landing,
  refuse,
  waitFor,
} from '../guard/index.ts';
import type { AutomationGuards, GuardAnswer, GuardQuestion, MarkerPlaces, WaitingBump } from './automation-guards.ts';
import { type GuardBoard, guardsOf } from './guard-board.ts';
import { openCandidate, pickedRef } from './guard-candidate.ts';
import type { GuardDeskDeps } from './guard-desk.ts';
import { findLandingPast } from './guard-landing.ts';
import { checkLimits } from './guard-limits.ts';
import { hasNatureGates } from './guard-nature.ts';
import { type GuardRecords, isSame, type Landed } from './guard-records.ts';
import type { GuardReleases } from './guard-releases.ts';
import { checkRequirements } from './guard-requirements.ts';

/** What everybody who asks shares. */
export interface GuardOffice extends GuardDeskDeps {
  readonly records: GuardRecords;
  readonly releases: GuardReleases;
  readonly board: GuardBoard;
  known(): readonly KnownGuard[];
  /** Where the markers of an automation stand. */
  notePlaces(automation: string, places: MarkerPlaces): void;
}

/** Asks for one automation's run. */
export class GuardAsker implements AutomationGuards {
  readonly #deps: GuardOffice;
  readonly #automation: ImageUpdateAutomation;
  readonly #answers = new Map<string, Promise<readonly GuardReason[]>>();
  #required: Promise<boolean> | null = null;
  readonly #landing: Landed[] = [];
  readonly #signal: AbortSignal;

  constructor(deps: GuardOffice, automation: ImageUpdateAutomation, signal: AbortSignal) {
    this.#deps = deps;
    this.#automation = automation;
    this.#signal = signal;
  }

  deliveryOf(policy: NamespacedName): Delivery {
    return deliveryOf(this.#bindingOf(this.#policy(policy)).guards);
  }

  async ask(question: GuardQuestion): Promise<GuardAnswer> {
    const { policy } = question;
    const landing = this.#landingOf(policy);
    const key = keyOf(policy);
    const answer = this.#answers.get(key) ?? this.#askOnce(policy);
    this.#answers.set(key, answer);
    const reasons = [...(await answer), ...this.refuseMarker(question)];
    return reasons.length === 0 ? { kind: 'open', landed: landing } : { kind: 'closed', reasons };
  }

  refuseMarker({ policy, marker, isPinned }: GuardQuestion): GuardReason[] {
    if (isPinned) return [];
    const verifying = this.#bindingOf(policy).guards.filter(({ spec }) => (spec.verify?.length ?? 0) > 0);
    const at = `${marker.file}:${marker.line}`;
    const message = `${at}: a tag alone can be pointed elsewhere after it was verified; mark the whole image, or its digest beside the tag`;
    return verifying
      .filter(({ name }) => this.#landingPast(name, policy) === null)
      .map(({ name }) => refuse(name, 'TagMarkerUnpinned', message));
  }

  async limit(policies: readonly NamespacedName[], writer: string): Promise<ReadonlyMap<string, readonly GuardReason[]>> {
    const { records, releases, clock, listRollouts } = this.#deps;
    const now = clock.now();
    await this.#lookForDeleted();
    const ordered = this.#longestWaitingFirst(policies);
    const turns = releases.check(ordered, now);
    // A push that is planned again, since somebody else's came first, is not one more.
    const landed = (await records.landings(now)).filter((one) => !this.#landing.some((own) => isSame(one, own)));
    const bindings = new Map(ordered.map((policy) => [formatKey(policy), this.#bindingOf(this.#policy(policy)).guards]));
    const guards = this.#deps.known().flatMap((one) => (one.compiled.kind === 'guard' ? [one.compiled.guard] : []));
    const closed = checkLimits(
      ordered.filter((policy) => !turns.has(formatKey(policy))),
      guards,
      {
        ...{ writer, now, landed, rollouts: listRollouts() },
        binds: (guard, policy) =>
          (bindings.get(policy) ?? this.#bindingOf(this.#policy(parseKey(policy))).guards).includes(guard),
      },
    );
    return new Map([...turns, ...closed]);
  }

  async landing(policies: readonly NamespacedName[], writer: string): Promise<void> {
    const { records, releases, clock } = this.#deps;
    const at = clock.now();
    const news = policies.filter((policy) => !this.#landing.some((one) => one.policy === formatKey(policy)));
    if (news.length === 0) return;
    releases.landing(news, at);
    const landing = news.map((policy) => ({ policy: formatKey(policy), writer, at }));
    this.#landing.push(...landing);
    await records.recordLanding(landing);
  }

  abandon(): Promise<void> {
    return this.#deps.records.forgetLanding(this.#landing.splice(0));
  }

  async settle(waiting: readonly WaitingBump[], places: MarkerPlaces): Promise<void> {
    this.#deps.notePlaces(keyOf(this.#automation), places);
    const { board, releases, clock } = this.#deps;
    const automation = nameOf(this.#automation);
    const found = waiting.map(({ policy, reasons }) => {
      const ref = this.#policy(policy)?.status?.latestRef;
      return { policy, automation, candidate: ref === undefined ? '' : formatImageRef(pickedRef(ref)), reasons };
    });
    board.settle(automation, found, clock.now());
    await releases.note(waitingByGuard(board));
  }

  #policy(name: NamespacedName): ImagePolicy | undefined {
    return this.#deps.listPolicies().find((policy) => keyOf(policy) === formatKey(name));
  }

  #bindingOf(policy: ImagePolicy | undefined): Binding {
    if (policy === undefined) return { guards: [], broken: [] };
    return bindGuards(this.#deps.known(), policy, this.#deps.guardNamespace);
  }

  async #askOnce(policy: ImagePolicy): Promise<readonly GuardReason[]> {
    await this.#lookForDeleted();
    const { guards, broken } = this.#bindingOf(policy);
    if (guards.length + broken.length === 0) return (await this.#isRequired(policy)) ? [guardMissing(policy)] : [];
    const binding = guards.filter(({ name }) => this.#landingPast(name, policy) === null);
    const unreadable = broken.filter(({ name }) => this.#landingPast(name, policy) === null).map(describeBroken);
    return [...unreadable, ...(await this.#askGuards(binding, policy))];
  }

  /** The gates outside are asked last, and only about what could land otherwise. */
  async #askGuards(guards: readonly Guard[], policy: ImagePolicy): Promise<GuardReason[]> {
    const { clock, gates } = this.#deps;
    const ref = policy.status?.latestRef;
    if (ref === undefined || guards.length === 0) return [];
    const image = pickedRef(ref);
    const digest = guards.some(needsDigest) ? await this.#digestOf(policy, image) : (image.digest ?? null);
    const now = clock.now();
    const firstSeenAt = await this.#firstSeen(guards, image, digest, now);
    const reasons = guards.flatMap((guard) =>
      decideBump(guard, { policy: nameOf(policy), tag: image.tag, digest, firstSeenAt }, now),
    );
    reasons.push(...(await this.#askNature(guards, policy, digest, now)));
    const landed = { name: image.name, tag: image.tag, ...(digest === null ? {} : { digest }) };
    for (const guard of guards) reasons.push(...(await checkRequirements(guard, landed, now, this.#deps, this.#signal)));
    if (reasons.length > 0) return reasons;
    const [automation, key] = [keyOf(this.#automation), keyOf(policy)];
    const candidate = { policy: key, automation, image: image.name, tag: image.tag, digest: digest ?? '' };
    for (const guard of guards) reasons.push(...[(await gates.ask(guard, candidate, now, this.#signal)) ?? []].flat());
    return reasons;
  }

  /** What the policy picked has been looked at when it was picked; whatever stands in its status is looked at again. */
  async #askNature(
    guards: readonly Guard[],
    policy: ImagePolicy,
    digest: string | null,
    now: Instant,
  ): Promise<readonly GuardReason[]> {
    const looking = guards.filter(hasNatureGates);
    if (looking.length === 0) return [];
    const unpinned = looking.filter(({ spec }) => (spec.verify?.length ?? 0) > 0 && !policy.status?.latestRef?.digest);
    if (unpinned.length > 0)
      return unpinned.map(({ name }) => waitFor(name, 'Unchecked', 'its policy has not picked a digest that is verified yet'));
    if (digest === null)
      return looking.map(({ name }) => waitFor(name, 'DigestUnknown', 'what its tag points at is not known yet'));
    const candidate = { ...(await openCandidate(policy, this.#deps, this.#signal)), digest };
    return this.#deps.nature.check(looking, candidate, now, this.#signal);
  }

  /** Of the status, else of the registry. Null where the registry does not say: that closes whatever asks for it. */
  async #digestOf(policy: ImagePolicy, { tag, digest }: ImageRef): Promise<string | null> {
    if (digest) return digest;
    try {
      const { image, access } = await openCandidate(policy, this.#deps, this.#signal);
      return await this.#deps.registry.fetchDigest(image, tag, access, this.#signal);
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return null;
    }
  }

  #firstSeen(guards: readonly Guard[], { name, tag }: ImageRef, digest: string | null, now: Instant): Promise<Instant> | null {
    if (digest === null || !guards.some(({ soakMs }) => soakMs > 0)) return null;
    return this.#deps.records.firstSeen({ image: name, tag, digest }, now);
  }

  #landingPast(guard: NamespacedName, policy: ImagePolicy): Landing | null {
    const resource = this.#deps.known().find((one) => keyOf(one.resource) === formatKey(guard))?.resource;
    return resource === undefined ? null : findLandingPast(resource, policy, this.#automation);
  }

  /** What goes into the trailer: the landing that passed some guard. */
  #landingOf(policy: ImagePolicy): Landing | null {
    const { guards, broken } = this.#bindingOf(policy);
    return [...guards, ...broken].map(({ name }) => this.#landingPast(name, policy)).find((landing) => landing !== null) ?? null;
  }

  async #isRequired({ metadata }: ImagePolicy): Promise<boolean> {
    if (metadata.annotations?.[guardAnnotation] === 'required') return true;
    const name = metadata.namespace ?? '';
    this.#required ??= this.#deps.home
      .get({ group: '', version: 'v1', kind: 'Namespace', name }, this.#signal)
      .then((namespace) => namespace?.metadata.annotations?.[guardAnnotation] === 'required');
    return this.#required;
  }

  async #lookForDeleted(): Promise<void> {
    const { releases, listGuards, onReleased } = this.#deps;
    const gone = await releases.look(new Set(listGuards().map(keyOf)));
    for (const { guard, policies } of gone) onReleased(guard, policies, this.#automation);
  }

  #longestWaitingFirst(policies: readonly NamespacedName[]): NamespacedName[] {
    const since = new Map(this.#deps.board.all().map((waiting) => [formatKey(waiting.policy), waiting.since]));
    const rank = (policy: NamespacedName) => since.get(formatKey(policy)) ?? Number.POSITIVE_INFINITY;
    return policies.toSorted((a, b) => compareNumbers(rank(a), rank(b)) || (formatKey(a) < formatKey(b) ? -1 : 1));
  }
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function needsDigest(guard: Guard): boolean {
  const { requires = [], holds = [] } = guard.spec;
  return guard.soakMs > 0 || requires.length > 0 || holds.some(({ digests }) => digests !== undefined) || hasNatureGates(guard);
}

function describeBroken({ name, problems }: Binding['broken'][number]): GuardReason {
  return refuse(name, 'GuardInvalid', `it cannot be obeyed, and closes what it selects: ${problems.join('; ')}`);
}

function guardMissing(policy: ImagePolicy): GuardReason {
  const message = `${guardAnnotation}: required, and no UpdateGuard selects ${keyOf(policy)}`;
  return waitFor(null, 'GuardMissing', message);
}

function waitingByGuard(board: GuardBoard): Map<string, string[]> {
  const pairs = board.all().flatMap((waiting) => guardsOf([waiting]).map((guard) => [guard, formatKey(waiting.policy)] as const));
  const groups = Map.groupBy(pairs, ([guard]) => guard);
  return new Map([...groups].map(([guard, entries]) => [guard, [...new Set(entries.map(([, policy]) => policy))].toSorted()]));
}
