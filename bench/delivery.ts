import { benchAtRest, benchManyOnOneSource, benchOneKustomization } from './delivering.ts';
import type { Measured } from './delivery-figure.ts';
import { type ApiChoice, hasRealApi } from './delivery-stage.ts';
import { printFigures } from './measure.ts';

const scenarios: Readonly<Record<string, (api: ApiChoice) => Promise<Measured>>> = {
  one: benchOneKustomization,
  many: benchManyOnOneSource,
  rest: benchAtRest,
};

/** `npm run bench -- delivery [real|embedded] [one] [many] [rest]`: rolling out, against a real kube-apiserver where there is one. */
export async function benchDelivery(words: readonly string[]): Promise<void> {
  const api: ApiChoice = words.includes('embedded') || !hasRealApi() ? 'embedded' : 'real';
  const asked = Object.keys(scenarios).filter((name) => words.includes(name));
  console.log(`against ${api === 'real' ? 'a real kube-apiserver' : 'the embedded API'}\n`);
  for (const name of asked.length === 0 ? Object.keys(scenarios) : asked) {
    const measured = await scenarios[name]?.(api);
    printFigures(measured?.figures ?? []);
    for (const note of measured?.notes ?? []) console.log(note);
    console.log('');
  }
}
