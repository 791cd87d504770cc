import { type FluxFolder, stoppedDeployment } from './flux-folder.ts';
import { removeListItems } from './list-text.ts';
import { controllersOfParts, type Part } from './parts.ts';
import { botFolder, botKustomization, change, placeOf } from './plan-handover.ts';
import { orNothing, type PlannedCommit, type PlannedFile } from './planned-commit.ts';

export interface ReturnOrder {
  readonly folder: FluxFolder;
  readonly botNow: string | null;
  /** In order; see `stagesOfReturn`. */
  readonly stages: readonly ReturnStage[];
  /** Files whose objects are suspended first, where Flux would undo what waits for them. */
  readonly suspended: readonly PlannedFile[];
}

/** Parts that are given back by one commit. */
export interface ReturnStage {
  readonly parts: readonly Part[];
  /** The bot's manifests for the parts that it keeps behind it; null where it keeps none. */
  readonly bot: string | null;
}

/**
 * Sources go before Kustomizations: Flux's kustomize-controller would else come up with the archives of a tagalong that has ended, and
 * asks for each of these for minutes before it looks whether there is another.
 */
export function stagesOfReturn(parts: readonly Part[]): (readonly Part[])[] {
  const isSplit = parts.includes('source') && parts.includes('kustomize');
  return isSplit ? [parts.filter((part) => part !== 'kustomize'), ['kustomize']] : [parts];
}

/** The commits that give these parts back to Flux, the reverse of `planHandover`: Flux's controllers come up and take the Leases that tagalong lets go of. */
export function planReturn({ folder, botNow, stages, suspended }: ReturnOrder): PlannedCommit[] {
  const commits: PlannedCommit[] = [
    {
      subject: 'Suspend what Flux would do at once',
      body: 'What is held, or waits for somebody, stays as it is until a person resumes it.',
      files: suspended,
      next: 'wait until these objects are suspended in the cluster.',
    },
  ];
  let [now, running] = [folder.kustomization, botNow];
  for (const stage of stages) {
    const started = withControllers(now, stage.parts);
    commits.push(giveBack(folder, stage, [change(folder, now, started), ...changedBot(folder, running, stage.bot)]));
    now = started;
    running = stage.bot ?? running;
  }
  if (stages.at(-1)?.bot === null) commits.push(removal(folder, now, running));
  return commits.flatMap(orNothing);
}

function withControllers(kustomization: string, parts: readonly Part[]): string {
  const names: readonly string[] = controllersOfParts(parts);
  return removeListItems(kustomization, 'patches', (item) => stoppedDeployment(item).some((name) => names.includes(name)));
}

function giveBack(folder: FluxFolder, { parts, bot }: ReturnStage, files: readonly PlannedFile[]): PlannedCommit {
  const names = controllersOfParts(parts).join(', ');
  return {
    subject: `Give ${parts.join(', ')} back to Flux`,
    body: `Started again: ${names}. tagalong lets go of their Leases when it ${bot === null ? 'ends' : 'starts again without them'}. Nothing is deleted.`,
    files,
    next: `\`tagalong check${placeOf(folder)}\` says that the controllers of Flux hold their Leases; wait until \`flux get all -A\` is ready.`,
  };
}

const restingKustomization = `${botKustomization}replicas:
  - name: tagalong
    count: 0
`;

/** With what it keeps doing, or not running any more. */
function changedBot({ path }: FluxFolder, botNow: string | null, bot: string | null): PlannedFile[] {
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
