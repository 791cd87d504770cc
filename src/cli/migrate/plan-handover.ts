import type { ControllerName } from '../../lease/index.ts';
import type { FluxFolder } from './flux-folder.ts';
import { addListItems, readListItems } from './list-text.ts';
import { controllersOfParts, type Part } from './parts.ts';
import { orNothing, type PlannedCommit, type PlannedFile } from './planned-commit.ts';

/** Where the bot's manifests are put, below Flux's folder. */
export const botFolder = 'tagalong';

export interface HandoverOrder {
  readonly parts: readonly Part[];
  readonly folder: FluxFolder;
  /** The manifests of the bot for everything that it does afterwards. */
  readonly bot: string;
  /** The same file as it is now; null where it is not there. */
  readonly botNow: string | null;
}

/**
 * The commits that hand these parts over, in order: nothing of Flux can be pruned; the bot is there and waits; Flux's controllers stop,
 * and let go of their Leases. Each is safe alone.
 */
export function planHandover({ parts, folder, bot, botNow }: HandoverOrder): PlannedCommit[] {
  const protectedText = addListItems(folder.kustomization, 'patches', missingProtections(folder.kustomization));
  const botText = addListItems(protectedText, 'resources', isListed(protectedText) ? [] : [botFolder]);
  const fresh = parts.filter((part) => !folder.handedOver.includes(part));
  const stoppedText = addListItems(botText, 'patches', controllersOfParts(fresh).map(stopPatch));
  const words = parts.join(', ');
  return [
    {
      subject: "Keep Flux's definitions and namespace from being pruned",
      body: 'Whatever happens to the manifests of Flux from here on, its CustomResourceDefinitions, and with them every object of its kinds, stay.',
      files: [change(folder, folder.kustomization, protectedText)],
      next: `wait until the Kustomization ${folder.namespace} is ready at this commit.`,
    },
    {
      subject: `Add tagalong for ${words}, which waits`,
      body: "It is passive as long as Flux's controllers hold their Leases, and says so in its log and at /readyz.",
      files: [
        change(folder, protectedText, botText),
        { path: `${folder.path}/${botFolder}/tagalong.yaml`, before: botNow, after: bot },
        {
          path: `${folder.path}/${botFolder}/kustomization.yaml`,
          before: botNow === null ? null : botKustomization,
          after: botKustomization,
        },
      ],
      next: `wait for its pod; run \`tagalong migrate check${placeOf(folder)}\`, which has to end without a finding.`,
    },
    {
      subject: `Hand ${words} over from Flux to tagalong`,
      body: `Scaled to 0: ${controllersOfParts(fresh).join(', ')}. They let go of their Leases, and tagalong takes them within seconds. Nothing is deleted.`,
      files: [change(folder, botText, stoppedText)],
      next: `\`tagalong check${placeOf(folder)}\` says who holds which Lease. To take it back: \`tagalong migrate back${placeOf(folder)}\`.`,
    },
  ].flatMap(orNothing);
}

export const botKustomization = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - tagalong.yaml
`;

/** The change of the kustomization.yaml of Flux's folder. */
export function change({ path }: FluxFolder, before: string, after: string): PlannedFile {
  return { path: `${path}/kustomization.yaml`, before, after };
}

/** The flag that says where Flux is, for commands to type. */
export function placeOf({ namespace }: FluxFolder): string {
  return namespace === 'flux-system' ? '' : ` --namespace ${namespace}`;
}

function isListed(text: string): boolean {
  return readListItems(text, 'resources').some((item) => item === botFolder || item === `./${botFolder}`);
}

const pruneSwitch = 'kustomize.toolkit.fluxcd.io/prune';

const protections = [
  // By name, since those of tagalong.dev have the label too, and go when tagalong goes.
  { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', target: 'name: .*\\.fluxcd\\.io' },
  { apiVersion: 'v1', kind: 'Namespace', target: 'labelSelector: app.kubernetes.io/part-of=flux' },
];

/** By kind: what another hand wrote to the same end counts too. */
function missingProtections(text: string): string[] {
  const there = readListItems(text, 'patches').flatMap((item) => {
    const { target, patch } = (item ?? {}) as { target?: { kind?: string }; patch?: string };
    return patch?.includes(pruneSwitch) === true && target?.kind !== undefined ? [target.kind] : [];
  });
  return protections.filter(({ kind }) => !there.includes(kind)).map(protectionPatch);
}

function protectionPatch({ apiVersion, kind, target }: (typeof protections)[number]): string {
  return `target:
  kind: ${kind}
  ${target}
patch: |
  apiVersion: ${apiVersion}
  kind: ${kind}
  metadata:
    name: all
    annotations:
      ${pruneSwitch}: disabled
`;
}

function stopPatch(name: ControllerName): string {
  return `target:
  kind: Deployment
  name: ${name}
patch: |
  apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: ${name}
  spec:
    replicas: 0
`;
}
