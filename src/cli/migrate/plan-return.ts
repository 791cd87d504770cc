import { type FluxFolder, stoppedDeployment } from './flux-folder.ts';
import { removeListItems } from './list-text.ts';
import { controllersOfParts, type Part } from './parts.ts';
import { botFolder, botKustomization, change } from './plan-handover.ts';
import { orNothing, type PlannedCommit, type PlannedFile } from './planned-commit.ts';

export interface ReturnOrder {
  readonly parts: readonly Part[];
  readonly folder: FluxFolder;
  readonly botNow: string | null;
  /** The bot's manifests for the parts that it keeps; null where it keeps none. */
  readonly bot: string | null;
  /** Files whose objects are suspended first, where Flux would undo what waits for them. */
  readonly suspended: readonly PlannedFile[];
}

/** The commits that give these parts back to Flux, the reverse of `planHandover`: Flux's controllers come up and take the Leases that tagalong lets go of. */
export function planReturn({ parts, folder, botNow, bot, suspended }: ReturnOrder): PlannedCommit[] {
  const names: readonly string[] = controllersOfParts(parts);
  const started = removeListItems(folder.kustomization, 'patches', (item) =>
    stoppedDeployment(item).some((name) => names.includes(name)),
  );
  const words = parts.join(', ');
  return [
    {
      subject: 'Suspend what Flux would do at once',
      body: 'What is held, or waits for somebody, stays as it is until a person resumes it.',
      files: suspended,
      next: 'wait until these objects are suspended in the cluster.',
    },
    {
      subject: `Give ${words} back to Flux`,
      body: `Started again: ${names.join(', ')}. tagalong lets go of their Leases when it ends. Nothing is deleted.`,
      files: [change(folder, folder.kustomization, started), ...restingBot(folder, botNow, bot)],
      next: '`flux check` and `tagalong check` say that the controllers of Flux hold their Leases.',
    },
    ...(bot === null ? [removal(folder, started, botNow)] : []),
  ].flatMap(orNothing);
}

const restingKustomization = `${botKustomization}replicas:
  - name: tagalong
    count: 0
`;

/** With what it keeps doing, or not running any more. */
function restingBot({ path }: FluxFolder, botNow: string | null, bot: string | null): PlannedFile[] {
  if (botNow === null) return [];
  if (bot !== null) return [{ path: `${path}/${botFolder}/tagalong.yaml`, before: botNow, after: bot }];
  return [{ path: `${path}/${botFolder}/kustomization.yaml`, before: botKustomization, after: restingKustomization }];
}

function removal(folder: FluxFolder, started: string, botNow: string | null): PlannedCommit {
  const removed = removeListItems(started, 'resources', (item) => item === botFolder || item === `./${botFolder}`);
  const files =
    botNow === null
      ? []
      : [
          { path: `${folder.path}/${botFolder}/tagalong.yaml`, before: botNow, after: null },
          { path: `${folder.path}/${botFolder}/kustomization.yaml`, before: restingKustomization, after: null },
        ];
  return {
    subject: 'Remove tagalong',
    body: "Flux prunes its manifests. The definitions of tagalong.dev go with it; objects of Flux's kinds have nothing of it but annotations, which Flux ignores.",
    files: [change(folder, started, removed), ...files],
    next: 'nothing. The patches that keep the definitions and the namespace of Flux from being pruned may stay.',
  };
}
