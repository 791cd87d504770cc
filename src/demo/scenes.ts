import { conditionOf, runs, shopNamespace } from './look.ts';
import { applyIsAt, type SceneTools } from './scene-tools.ts';

/** One scene: what it is called, and the playing of it. It throws when what must happen does not. */
export interface Scene {
  readonly name: string;
  play(tools: SceneTools): Promise<void>;
}

/** The whole loop in seven scenes, each on what the one before it left. */
export const scenes: readonly Scene[] = [
  { name: 'git brings the cluster up, in order', play: bringUp },
  { name: 'a pushed image becomes a commit and a rollout', play: (tools) => bump(tools, '1.1.0') },
  { name: 'a change by hand is undone', play: undoDrift },
  { name: 'a git revert rolls back and stays reverted', play: revertAndHold },
  { name: 'a newer image goes on', play: (tools) => bump(tools, '1.1.1') },
  { name: 'what is deleted from git goes from the cluster', play: prune },
  { name: 'a broken manifest changes nothing, the next good commit heals', play: breakAndHeal },
];

async function bringUp({ look, say, until, watch }: SceneTools): Promise<void> {
  for (const name of ['infrastructure', 'apps']) {
    await until(
      `Kustomization ${name} to be ready`,
      async () => conditionOf(await look.kustomization(name), 'Ready')?.status === 'True',
    );
    say(`Kustomization ${name} is ready after ${watch()}`);
  }
  const deployment = await until('web 1.0.0 to run', async () => runs(await look.deployment(), '1.0.0') && look.deployment());
  if ((await look.site()) === null) throw new Error('the Site, whose definition infrastructure brings, is not there');
  say(`apps waited for infrastructure (dependsOn): the Site came after its definition`);
  say(`Deployment ${shopNamespace}/web runs ${deployment.spec.template.spec.containers[0]?.image}`);
}

async function bump({ stage, look, say, quote, until, watch }: SceneTools, tag: string): Promise<void> {
  const before = (await look.automation())?.status?.lastPushCommit;
  await stage.pushImage(tag);
  say(`pushed image web:${tag}`);
  const commit = await until('the commit', async () => {
    const pushed = (await look.automation())?.status?.lastPushCommit;
    return pushed !== before && pushed;
  });
  const committed = watch();
  await stage.clone.pull();
  say(`committed after ${committed}:`);
  quote(trimDiff(await stage.clone.git('show', '--no-color', '--format=%h %an <%ae>%n%n%B', '--unified=0', commit)));
  await until(`web ${tag} to run`, async () => runs(await look.deployment(), tag));
  say(`rolled out after ${watch()}`);
  await applyIsAt(commit, { look, until });
}

/** Without the lines of a diff that only git needs, and without blank lines in a row. */
function trimDiff(text: string): string {
  const lines = text.split('\n').filter((line) => !/^(diff --git|index) /.test(line));
  return lines.filter((line, index) => line !== '' || lines[index - 1] !== '').join('\n');
}

async function undoDrift({ stage, look, say, until, stopwatch }: SceneTools): Promise<void> {
  const web = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: shopNamespace, name: 'web' };
  await stage.cluster.patch(web, { spec: { replicas: 5 } }, { type: 'merge', fieldManager: 'kubectl-edit' });
  const since = stopwatch();
  say('somebody scales web from 2 to 5 replicas by hand');
  await until('2 replicas', async () => (await look.deployment())?.spec.replicas === 2);
  say(`undone after ${since()} (the interval is 1h)`);
  await until('2 replicas to run', async () => runs(await look.deployment(), '1.1.0'));
}

async function revertAndHold({ stage, look, say, quote, until, watch }: SceneTools): Promise<void> {
  const { clone } = stage;
  await clone.pull();
  const reverted = await clone.revertAndPush('HEAD');
  say(`git revert of the bump, pushed as ${reverted.slice(0, 7)}`);
  await until('web 1.0.0 to run again', async () => runs(await look.deployment(), '1.0.0'));
  say(`rolled back after ${watch()}`);
  const held = await until('the hold to be told', async () => conditionOf(await look.automation(), 'Held'));
  for (const round of [1, 2, 3]) await look.askImages(`demo-${round}-${Date.now()}`);
  if ((await clone.remoteHead()) !== reverted) throw new Error('the bot bumped again after the revert');
  say('3 scans, selections and update runs later: no new commit. It says why:');
  quote(held.message);
}

async function prune({ stage, look, say, until, watch }: SceneTools): Promise<void> {
  await stage.clone.pull();
  await stage.clone.remove('apps/banner.yaml');
  const commit = await stage.clone.commitAndPush('Remove the banner');
  say(`deleted apps/banner.yaml in ${commit.slice(0, 7)}`);
  await until('the ConfigMap to go', async () => (await look.banner()) === null);
  say(`ConfigMap ${shopNamespace}/banner is gone after ${watch()}`);
  await applyIsAt(commit, { look, until });
}

async function breakAndHeal({ stage, look, say, quote, until, watch }: SceneTools): Promise<void> {
  const { clone } = stage;
  await clone.pull();
  await clone.edit('apps/web/service.yaml', (text) => text.replace('  ports:\n', '  ports: [\n'));
  const bad = await clone.commitAndPush('Break the service');
  say(`pushed a broken apps/web/service.yaml in ${bad.slice(0, 7)}`);
  const ready = await until('the error to be told', async () => {
    const condition = conditionOf(await look.kustomization('apps'), 'Ready');
    // For a moment apps waits for infrastructure to be at the new commit.
    return condition?.status === 'False' && condition.reason !== 'DependencyNotReady' && condition;
  });
  say(`told after ${watch()}, Ready=False, reason ${ready.reason}:`);
  quote(ready.message);
  if (!/apps\/web\/service\.yaml:\d+/.test(ready.message)) throw new Error('the error names no file and line');
  if (!runs(await look.deployment(), '1.1.1')) throw new Error('the broken commit changed what runs');
  say('web still runs 1.1.1');
  const good = await clone.revertAndPush('HEAD');
  await applyIsAt(good, { look, until });
  say(`healed by ${good.slice(0, 7)}, ready again after ${watch()}`);
}
