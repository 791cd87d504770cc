import { Command } from 'commander';
import { systemClock } from '../core/index.ts';
import type { EmbeddedStage } from '../demo/index.ts';
import { createLog, type LogLevel } from '../log/index.ts';

interface DemoOptions {
  readonly keep?: boolean;
  readonly logLevel: LogLevel;
}

/** `tagalong demo`, which `npm start` runs: the whole loop in seven scenes on embedded parts. */
export function createDemoCommand(): Command {
  return new Command('demo')
    .description('play the whole loop in seven scenes, on an embedded control plane, registry and git host')
    .option('--keep', 'stay up afterwards and print a kubeconfig for kubectl')
    .option('--log-level <level>', 'what to log on stderr: debug, info, warn, error or silent', 'silent')
    .addHelpText('after', '\nExamples:\n  tagalong demo\n  tagalong demo --keep')
    .action(playDemo);
}

async function playDemo({ keep, logLevel }: DemoOptions): Promise<void> {
  const { createNarrator, playScenes, startEmbeddedStage, summarise } = await import('../demo/index.ts');
  const narrator = createNarrator(process.stdout, process.env);
  narrator.line('tagalong: scan → pick → commit → roll out → hold, on loopback, nothing installed, nothing left behind');
  await using stage = await startEmbeddedStage({ clock: systemClock, log: createLog(logLevel) });
  const played = await playScenes(stage, narrator);
  const failed = played.some(({ error }) => error !== null);
  narrator.title(failed ? 'A scene failed' : 'All seven scenes went as they must');
  for (const line of summarise(played)) narrator.line(line);
  if (failed) process.exitCode = 1;
  if (keep === true) await stay(stage, narrator.line);
}

async function stay(stage: EmbeddedStage, say: (text: string) => void): Promise<void> {
  say('');
  say(`kubectl --kubeconfig ${stage.controlPlane.kubeconfigPath} get kustomizations,deployments -A`);
  say(`git clone ${stage.gitHost.url('sample')}`);
  say('Ctrl-C ends it and removes everything.');
  await new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
  });
}
