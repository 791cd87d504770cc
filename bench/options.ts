import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fluxController, fluxDefinitions, missingPart } from '../test/real/index.ts';
import { type ApiChoice, hasRealApi } from './bench-api.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { fluxControllers } from './subject.ts';

export interface BenchOptions {
  readonly asked: readonly Scenario[];
  readonly quick: boolean;
  readonly api: ApiChoice;
  /** Flux's controllers do the same, side by side. */
  readonly peer: boolean;
  readonly jsonFile: string | null;
}

export const usage = `npm run bench -- [SCENARIO…] [--quick] [--real | --embedded] [--peer] [--json FILE]

  --quick      smaller sizes and fewer rounds: under two minutes; embedded unless --real
  --real       a real kube-apiserver and a real registry (the default where they are at hand)
  --embedded   the embedded API and the sandbox's registry
  --peer       the same on Flux's own controllers, side by side, as a ratio; also where one of these is set:
               PEER_FLUX_BIN=folder has the controllers; PEER_FLUX_CRDS=folder their definitions (else crds/ in the first)
  --json FILE  the figures as JSON too
  BENCH_PROFILE=folder writes CPU profiles of the bot there

${scenarios.map(({ name, what, hasPeer, isLong }) => `  ${name.padEnd(12)} ${what}${hasPeer ? ' (peer)' : ''}${isLong ? ' (not in --quick)' : ''}`).join('\n')}`;

/** Throws, naming the word, where one is not understood or a part that it needs is missing. */
export function parseBenchOptions(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): BenchOptions {
  const { values, positionals: names } = parseArgs({ args: [...words], options: flags, allowPositionals: true });
  const unknown = names.find((word) => !scenarios.some(({ name }) => name === word));
  if (unknown !== undefined) throw new Error(`'${unknown}' is no scenario\n\n${usage}`);
  const quick = values.quick === true;
  const peer = values.peer === true || hasPeer(environment);
  const isReal = values.real === true || peer || (!quick && values.embedded !== true && hasRealApi());
  if (isReal) requireParts(peer);
  const asked = scenarios.filter(({ name, isLong }) => (names.length === 0 ? !(quick && isLong) : names.includes(name)));
  return { asked, quick, peer, jsonFile: values.json ?? null, api: isReal ? 'real' : 'embedded' };
}

const flags = {
  quick: { type: 'boolean' },
  real: { type: 'boolean' },
  embedded: { type: 'boolean' },
  peer: { type: 'boolean' },
  json: { type: 'string' },
} as const;

function hasPeer(environment: Readonly<Record<string, string | undefined>>): boolean {
  return [environment['PEER_FLUX_BIN'], environment['PEER_FLUX_CRDS']].some((folder) => folder !== undefined && folder !== '');
}

function requireParts(peer: boolean): void {
  const parts = [
    'kube-apiserver',
    'etcd',
    'docker-registry',
    ...(peer ? (['flux-controllers', 'kubectl'] as const) : []),
  ] as const;
  for (const part of parts) {
    const missing = missingPart(part);
    if (missing !== null) throw new Error(missing);
  }
  if (!peer) return;
  for (const controller of fluxControllers) fluxController(controller);
  if (!existsSync(fluxDefinitions()))
    throw new Error(`${fluxDefinitions()} is not there: set PEER_FLUX_CRDS to Flux's definitions`);
}
