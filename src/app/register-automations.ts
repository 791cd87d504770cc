import { type ImagePolicy, type ImageUpdateAutomation, imagePolicyKind, imageUpdateAutomationKind } from '../api/index.ts';
import type { GitMirror } from '../core/index.ts';
import { decodeText, type FoundMarkers, findMarkers, isMarkerFile, mayHaveMarkers } from '../edit/index.ts';
import { createBlobIndex } from '../git/index.ts';
import { createHoldFinder } from '../hold/index.ts';
import {
  type AutomationDeps,
  answerRequests,
  automationGuardWakes,
  automationRequestWakes,
  automationWakes,
  createAutomationMemories,
  createImageUpdateAutomationReconciler,
  createRolloutRecorder,
  createRolloutSight,
  createSigners,
  type Guards,
  isRefAllowed,
  registerRollouts,
} from '../reconcilers/index.ts';
import { createRenderer } from '../render/index.ts';
import { announcePushes } from './announce-pushes.ts';
import { registrationOf } from './gates.ts';
import type { Parts } from './parts.ts';
import { pickSemver } from './pick-semver.ts';

/** Returns what has to be stopped. */
export function registerAutomations(parts: Parts, guards: Guards, clusterId: string): { stop(): Promise<void> } {
  const { options, engine, store, git, logins, news } = parts;
  const registration = registrationOf(options, 'image-automation-controller');
  const { cluster } = registration;
  const onPushed = announcePushes(parts, cluster);
  const renderer = createRenderer({ clock: options.clock });
  const writing: Omit<AutomationDeps, 'rollouts' | 'answerRequests'> = {
    cluster,
    git,
    logins,
    news,
    clusterId,
    pickSemver,
    signers: createSigners(),
    forges: parts.forges,
    renderer,
    noCrossNamespaceRefs: options.tenancy?.noCrossNamespaceRefs === true,
    mayPush: (ref) => isRefAllowed(ref, options.allowedPushRefs),
    memories: createAutomationMemories(store),
    listPolicies: (namespace) =>
      (engine.cache(imagePolicyKind).list() as ImagePolicy[]).filter(({ metadata }) => metadata.namespace === namespace),
    markersOf: perMirror((mirror) => createBlobIndex<FoundMarkers>({ mirror, matches: isMarkerFile, inspect: inspectMarkers })),
    holdsOf: perMirror((mirror) => createHoldFinder(mirror, clusterId)),
    guards: guards.desk.forAutomation,
    onPushed,
    ...(options.onPlanned === undefined ? {} : { onPlanned: options.onPlanned }),
  };
  const followsKustomizations = options.controllers?.includes('kustomize') !== false;
  const sight = createRolloutSight({
    ...{ engine, cluster, clusterId, followsKustomizations, remotes: parts.remotes, target: options.target },
    defaultServiceAccount: options.tenancy?.defaultServiceAccount,
    waiting: () => guards.desk.board.all(),
  });
  const listAutomations = () => engine.cache(imageUpdateAutomationKind).list() as ImageUpdateAutomation[];
  const requests = { ...sight, onPushed, listAutomations, listGuards: guards.listGuards };
  const automations: AutomationDeps = {
    ...writing,
    rollouts: createRolloutRecorder(sight, store),
    answerRequests: (automation, writer, context) => answerRequests(automation, writer, context, requests),
  };
  engine.register(createImageUpdateAutomationReconciler(automations), {
    ...registration,
    concurrency: 8, // whoever waits for a branch costs nothing, and its commits go along with the next push
    wakes: [...automationWakes(listAutomations), ...automationRequestWakes(listAutomations), ...automationGuardWakes(guards)],
  });
  const rollouts = registerRollouts({
    ...{ engine, registration, sight, automations, followsKustomizations, clock: options.clock },
    guardNamespace: guards.guardNamespace,
    onProgress: options.onRollout ?? (() => {}),
  });
  return { stop: async () => void (await Promise.all([rollouts.stop(), renderer.close()])) };
}

/** One of something for each mirror, made on first use and gone with the mirror. */
function perMirror<T>(create: (mirror: GitMirror) => T): (mirror: GitMirror) => T {
  const made = new WeakMap<GitMirror, T>();
  return (mirror) => {
    const known = made.get(mirror) ?? create(mirror);
    made.set(mirror, known);
    return known;
  };
}

/** Null where a file has neither markers nor anything to say about them. */
function inspectMarkers(path: string, bytes: Buffer): FoundMarkers | null {
  if (!mayHaveMarkers(bytes)) return null;
  const decoded = decodeText(path, bytes);
  if (decoded.kind === 'problem') return { markers: [], problems: [decoded.problem] };
  const found = findMarkers(path, decoded.text);
  return found.markers.length + found.problems.length === 0 ? null : found;
}
