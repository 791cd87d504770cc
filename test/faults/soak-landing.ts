import { setTimeout as sleep } from 'node:timers/promises';
import { runningImage } from './converge.ts';
import type { Round } from './round.ts';
import { patienceMs, until } from './until.ts';

/** What was pushed for a service, oldest first: `<tag>@<digest>`. */
export type Pushes = Map<string, string[]>;

/** Waits until main carries the newest push of the service; whoever pushed faster would only see the newest land. */
export async function awaitLanding({ loop, bot }: Round, name: string, pushes: Pushes): Promise<void> {
  const newest = pushes.get(name)?.at(-1);
  if (newest === undefined) return;
  const wanted = `${loop.registry.host}/${name}:${newest} #`;
  for (const endAt = Date.now() + patienceMs; !(await loop.main.file(fileOf(name)))?.includes(wanted); await sleep(50)) {
    if (!bot.isAlive) throw new Error('the bot ended by itself');
    if (Date.now() > endAt) throw new Error(`after ${patienceMs / 1000} s git lacks ${wanted}`);
  }
}

/** Each push became one commit of the bot, in order, at the digest that the registry gave it; and the last of each runs. */
export async function assertAllLanded(round: Round, pushes: Pushes): Promise<number> {
  const { loop } = round;
  for (const name of pushes.keys()) await awaitLanding(round, name, pushes);
  const written = await readWritten(round);
  for (const [name, pushed] of pushes) {
    const landed = written.get(name)?.filter((value) => !value.startsWith('1.0.0')) ?? [];
    if (landed.join() !== pushed.join()) throw new Error(`${name}: pushed [${pushed}], git has [${landed}]`);
    await until(`${name} to run ${pushed.at(-1)}`, async () =>
      (await runningImage(loop, name))?.endsWith(`/${name}:${pushed.at(-1)}`),
    );
  }
  return [...pushes.values()].reduce((sum, { length }) => sum + length, 0);
}

const fileOf = (name: string) => `apps/${name}.yaml`;

/** The values that each service's file had one after another, from the lines that commits of the bot added; each adds just one. */
async function readWritten({ loop: { main } }: Round): Promise<Map<string, string[]>> {
  const values = new Map<string, string[]>();
  const log = await main.git('log', '--reverse', '--author=Bot', '--unified=0', '--format=%x00%H', '-p', await main.head());
  for (const commit of log.split('\0').slice(1)) {
    const added = [...commit.matchAll(/^\+[^+].*image: \S+\/(\S+?):(\S+) #/gm)];
    const removed = commit.match(/^-[^-]/gm) ?? [];
    const [, name = '', value = ''] = added[0] ?? [];
    if (added.length !== 1 || removed.length !== 1) throw new Error(`not one line changed: ${commit.slice(0, 600)}`);
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return values;
}
