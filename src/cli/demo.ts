import { Command, Option } from 'commander';
import { systemClock } from '../core/index.ts';
import type { EmbeddedStage, Narrator, Played } from '../demo/index.ts';
import { createLog, type LogLevel, logLevels } from '../log/index.ts';
import { exitCode } from './exit-code.ts';

interface DemoOptions {
  readonly keep?: boolean;
  readonly logLevel: LogLevel;
}

/** `tagalong demo`, which `npm start` runs: the whole loop in seven scenes on embedded parts. */
export function createDemoCommand(): Command {
  return new Command('demo')
    .description('play the whole loop in seven scenes, on an embedded control plane, registry and git host')
    .option('--keep', 'stay up afterwards and print a kubeconfig for kubectl')
    .addOption(new Option('--log-level <level>', 'what to log on stderr').choices(logLevels).default('silent'))
    .addHelpText('after', '\nExamples:\n  tagalong demo\n  tagalong demo --keep')
    .action(playDemo);
}

async function playDemo({ keep, logLevel }: DemoOptions): Promise<void> {
  const interrupted = untilInterrupted();
  const { createNarrator, playScenes, startEmbeddedStage } = await import('../demo/index.ts');
  const narrator = createNarrator(process.stdout, process.env);
  narrator.line('tagalong: scan → pick → commit → roll out → hold, on loopback, nothing installed, nothing left behind');
  await using stage = await startEmbeddedStage({ clock: systemClock, log: createLog(logLevel) });
  // A scene that is cut off ends with the stage; what it still has to say interests nobody.
  let isCut = false;
  const played = await Promise.race([
    playScenes(
      stage,
      muteWhen(() => isCut, narrator),
    ),
    interrupted,
  ]);
  if (typeof played === 'string') {
    isCut = true;
    narrator.line(`ended by ${played}; everything is removed`);
    process.exitCode = exitCode.failed;
    return;
  }
  await tellHowItWent(played, narrator);
  if (keep === true) {
    tellHowToLook(stage, narrator.line);
    await interrupted;
  }
}

async function tellHowItWent(played: readonly Played[], narrator: Narrator): Promise<void> {
  const { summarise } = await import('../demo/index.ts');
  const failed = played.some(({ error }) => error !== null);
  narrator.title(failed ? 'A scene failed' : 'All seven scenes went as they must');
  for (const line of summarise(played)) narrator.line(line);
  if (failed) process.exitCode = exitCode.failed;
}

function tellHowToLook({ controlPlane, gitHost, registryHost }: EmbeddedStage, say: (text: string) => void): void {
  const manifest = `http://${registryHost}/v2/web/manifests`;
  say('');
  say('Look at it and change it, from another terminal:');
  say('');
  say(`  export KUBECONFIG=${controlPlane.kubeconfigPath}`);
  say('  kubectl get kustomizations,deployments -A');
  say('  npm run tagalong -- get all          also: get holds, explain policy web, watch');
  say(`  git clone ${gitHost.url('sample')}`);
  say('');
  say('A new image, 1.2.0 with the content of 1.1.1:');
  say('');
  say(`  curl -s ${manifest}/1.1.1 | curl -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \\`);
  say(`    --data-binary @- ${manifest}/1.2.0`);
  say('');
  say('Ctrl-C ends it and removes everything.');
}

/** The signal that ends the program. One Ctrl-C comes twice where npm passes it on too; only a later second one ends the process as it stands. */
function untilInterrupted(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const)
      process.once(name, () => {
        process.on(name, ignore);
        setTimeout(() => process.off(name, ignore), echoMs).unref();
        resolve(name);
      });
  });
}

const echoMs = 2000;
const ignore = () => {};

function muteWhen(isMuted: () => boolean, narrator: Narrator): Narrator {
  const unlessMuted = (say: (text: string) => void) => (text: string) => void (isMuted() || say(text));
  return {
    title: unlessMuted(narrator.title),
    line: unlessMuted(narrator.line),
    quote: unlessMuted(narrator.quote),
    waiting: unlessMuted(narrator.waiting),
  };
}
