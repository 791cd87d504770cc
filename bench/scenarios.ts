import { benchBump } from './bumping.ts';
import { benchChain } from './chaining.ts';
import { benchChoosing } from './choosing.ts';
import { benchContention } from './contending.ts';
import { benchApply, benchManyOnOneSource } from './delivering.ts';
import { benchListing } from './listing.ts';
import { benchMarkers } from './marking.ts';
import { benchManyAtRest, benchRest } from './resting.ts';
import { benchScanning } from './scanning.ts';
import type { Scenario } from './scenario.ts';
import { benchStart } from './starting.ts';

/** What can be measured, in the order in which it is. */
export const scenarios: readonly Scenario[] = [
  { name: 'choosing', what: 'which of 10,000 tags a policy picks, for each kind of policy', run: benchChoosing },
  { name: 'scanning', what: 'lists of up to a million tags', run: benchScanning },
  { name: 'images', what: '200 repositories of 500 tags, a policy each', hasPeer: true, run: benchListing },
  { name: 'markers', what: 'finding markers in repositories of up to 100,000 files', run: benchMarkers },
  { name: 'bump', what: 'tag → commit → applied, among up to 100,000 files', hasPeer: true, run: benchBump },
  { name: 'contention', what: '20 and 100 automations at once on one branch, beside a busy neighbour', run: benchContention },
  { name: 'chain', what: 'three Kustomizations that depend on one another', hasPeer: true, run: benchChain },
  { name: 'apply', what: 'first apply, no-op, commit and drift of up to 10,000 objects', hasPeer: true, run: benchApply },
  { name: 'many', what: '200 Kustomizations on one source, a tenth never healthy', isLong: true, run: benchManyOnOneSource },
  { name: 'start', what: 'start of the process to its first reconcile', hasPeer: true, run: benchStart },
  { name: 'rest', what: 'memory, CPU and writes at rest: 50 images, 1,000 objects', hasPeer: true, run: benchRest },
  { name: 'many-rest', what: 'memory and CPU at rest: 10,000 objects', isLong: true, run: benchManyAtRest },
];
