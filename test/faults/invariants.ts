import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import type { Fault } from './fault.ts';
import { images, type Round, statusOf } from './round.ts';

/** What must hold after every round; each throws with what does not. */
const invariants: readonly ((round: Round, fault: Fault) => Promise<void>)[] = [
  assertWholeCommits,
  assertOwnCommitsAreSmall,
  assertNoBumpDoubledOrTakenBack,
  assertForeignCommitsStand,
  assertInventory,
  assertNoCrash,
  assertQuiet,
  assertMemory,
];

export async function assertInvariants(round: Round, fault: Fault): Promise<void> {
  for (const assertion of invariants) await assertion(round, fault);
}

function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** The repository is sound, and the manifests of each commit parse. */
async function assertWholeCommits({ loop: { main } }: Round): Promise<void> {
  demand((await main.git('fsck', '--strict', '--no-dangling', '--no-progress')) === '', 'git fsck found damage at the host');
  for (const { oid } of await main.commits())
    for (const image of images) {
      const text = await main.git('show', `${oid}:apps/${image}.yaml`).catch(() => null);
      demand(text !== null, `commit ${oid} lacks apps/${image}.yaml`);
      const broken = parseAllDocuments(text).some((document) => document.errors.length > 0);
      demand(!broken, `commit ${oid} leaves apps/${image}.yaml unreadable`);
    }
}

/** By those who may write; and the bot changes one line of a file. */
async function assertOwnCommitsAreSmall({ loop: { main }, writers }: Round): Promise<void> {
  const expected = new Set(['Ann Operator', 'Bot', ...writers]);
  for (const { oid, author } of await main.commits()) {
    demand(expected.has(author), `commit ${oid} is by ${author}`);
    if (author !== 'Bot') continue;
    const changes = (await main.git('diff-tree', '-r', '--numstat', '--no-commit-id', oid)).trim().split('\n');
    for (const change of changes)
      demand(/^1\t1\tapps\/(web|api)\.yaml$/.test(change), `the bot's commit ${oid} changes ${JSON.stringify(change)}`);
  }
}

/** Each version comes once, and only upwards. */
async function assertNoBumpDoubledOrTakenBack({ loop: { main } }: Round, { rewrites, endsOtherwise }: Fault): Promise<void> {
  if (rewrites || endsOtherwise) return;
  const commits = (await main.commits()).toReversed();
  for (const image of images) {
    let minor = -1;
    let hadDigest = false;
    for (const { oid, files } of commits.filter(({ files }) => files.includes(`apps/${image}.yaml`))) {
      const text = await main.git('show', `${oid}:apps/${image}.yaml`);
      const found = Number(/image: \S+:1\.(\d+)\.0/.exec(text)?.[1]);
      const hasDigest = /@sha256:[0-9a-f]{64} #/.test(text);
      const isNews = found > minor || (found === minor && hasDigest && !hadDigest);
      demand(isNews, `${files}: ${oid} writes ${image} 1.${found}.0 after 1.${minor}.0`);
      [minor, hadDigest] = [found, hasDigest];
    }
  }
}

async function assertForeignCommitsStand({ loop: { main }, foreign }: Round): Promise<void> {
  for (const oid of foreign)
    await main.git('merge-base', '--is-ancestor', oid, await main.head()).catch(() => {
      throw new Error(`the commit ${oid} of somebody else is no longer on main`);
    });
}

/** What is applied stands in the inventory, and nothing else is there under its label. */
async function assertInventory({ loop }: Round): Promise<void> {
  const selector = { matchLabels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } };
  const { items } = await loop.cluster.list({ group: 'apps', version: 'v1', kind: 'Deployment' }, { namespace: 'default' });
  const labelled = items.filter(({ metadata }) => metadata.labels?.['kustomize.toolkit.fluxcd.io/name'] === 'apps');
  const applied = labelled.map(({ metadata }) => `default_${metadata.name}_apps_Deployment`).toSorted();
  const inventory = statusOf(await loop.get('Kustomization', 'apps'))?.['inventory'] as { entries: { id: string }[] } | undefined;
  const ids = (inventory?.entries ?? []).map(({ id }) => id).toSorted();
  demand(
    ids.join() === applied.join(),
    `inventory [${ids}] and objects with ${JSON.stringify(selector.matchLabels)} [${applied}]`,
  );
  const files = (await loop.main.git('ls-tree', '--name-only', await loop.main.head(), 'apps/')).trim().split('\n');
  demand(files.length === applied.length, `git has ${files}, the cluster ${applied}`);
}

const blunders =
  /TypeError|ReferenceError|SyntaxError:|unhandled|Uncaught|heap out of memory|is not a function|Cannot read prop/i;

async function assertNoCrash({ bot, logFile }: Round): Promise<void> {
  demand(bot.isAlive, `the bot ended by itself: ${readFileSync(logFile, 'utf8').slice(-600)}`);
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const blunder = lines.find((line) => blunders.test(line));
  demand(blunder === undefined, `the log tells of a mistake in the program: ${blunder?.slice(0, 600)}`);
}

/** Requests to the API, git and the registry in a second of rest; intervals are an hour. */
const restRequests = 12;

/** It comes to rest: whoever has just started has much to ask, and whoever turns round and round never ends. */
async function assertQuiet({ api, git, loop }: Round): Promise<void> {
  const count = () => api.count + git.count + loop.registry.requests.length;
  const sent: number[] = [];
  for (let seconds = 0; seconds < 20; seconds += 1) {
    const before = count();
    await sleep(1000);
    sent.push(count() - before);
    if (sent.slice(-2).every((requests) => requests <= restRequests) && sent.length > 1) return;
  }
  throw new Error(`it does not come to rest: ${sent.join(', ')} requests in each of ${sent.length} seconds`);
}

/** Garbage that is not yet collected counts: this finds what explodes. The soak finds what leaks. */
async function assertMemory({ bot, residentBytes }: Round): Promise<void> {
  const ratio = residentBytes === 0 ? 1 : bot.residentBytes() / residentBytes;
  demand(ratio < 3, `the bot has ${ratio.toFixed(1)} times the memory that it had before`);
}
