import { readFileSync } from 'node:fs';
import type { KubeApiServer } from '../real/kube-api-server.ts';
import { converge } from './converge.ts';
import type { Fault } from './fault.ts';
import { assertInvariants } from './invariants.ts';
import { createRandom } from './random.ts';
import { openRound, type Round } from './round.ts';

/** What became of one round. */
export interface Outcome {
  readonly fault: string;
  readonly seed: number;
  readonly durationMs: number;
  /** From the end of the fault until everything was in git and in the cluster. */
  readonly recoveryMs: number;
  readonly bumps: number;
  readonly kills: number;
  readonly requests: number;
  readonly failure: string | null;
  /** Plays the same round. */
  readonly replay: string;
}

export async function playRound(fault: Fault, seed: number, api?: KubeApiServer): Promise<Outcome> {
  const start = performance.now();
  const real = api === undefined ? '' : ' --real';
  const known = { fault: fault.name, seed, replay: `npm run faults -- --only ${fault.name} --seed ${seed}${real}` };
  let seen = { recoveryMs: 0, bumps: 0, kills: 0, requests: 0 };
  let failure: string | null = null;
  try {
    await using round = await openRound(createRandom(seed), fault, api);
    try {
      const recoveryMs = await play(round, fault);
      seen = {
        recoveryMs,
        bumps: round.bumps,
        kills: round.kills,
        requests: round.api.count + round.git.count + round.loop.registry.requests.length,
      };
    } catch (error) {
      failure = describe(error);
      tellLog(round);
    }
  } catch (error) {
    failure ??= `the round could not be set up or taken down: ${describe(error)}`;
  }
  return { ...known, ...seen, failure, durationMs: performance.now() - start };
}

async function play(round: Round, fault: Fault): Promise<number> {
  await fault.prepare?.(round);
  await round.start();
  await converge(round);
  round.residentBytes = round.bot.residentBytes();
  await fault.play(round);
  const start = performance.now();
  if (fault.endsOtherwise) await fault.check?.(round);
  else await converge(round);
  const recoveryMs = performance.now() - start;
  if (!fault.endsOtherwise) await fault.check?.(round);
  await assertInvariants(round, fault);
  return recoveryMs;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** FAULTS_LOG=1 prints what the bot logged in a round that failed. */
export function tellLog({ logFile }: Round): void {
  if (process.env['FAULTS_LOG'] !== undefined) console.error(readFileSync(logFile, 'utf8'));
}
