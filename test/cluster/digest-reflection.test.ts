import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFiles } from '../cli/support/checkout.ts';
import { runInProcess, temporaryFolder } from '../cli/support/run-tagalong.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { startDockerRegistry } from '../real/index.ts';

describeWithParts(['docker-registry'], 'digestReflectionPolicy on a real registry', () => {
  test('Never has no digest, IfNotPresent keeps the one it has while the tag moves, Always follows', async () => {
    await using registry = await startDockerRegistry();
    await using folder = await temporaryFolder();
    const image = `${registry.host}/web`;
    const first = await registry.pushTag('web', '1.0.0', { content: 'one' });
    const second = await registry.pushTag('web', '1.0.0', { content: 'two' });
    expect(second).not.toBe(first);
    const policy = (mode: string) => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: { name: web, namespace: apps }
spec: { image: ${image}, interval: 1m, insecure: true }
---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata: { name: web, namespace: apps }
spec: { imageRepositoryRef: { name: web }, policy: { semver: { range: 1.x } }, digestReflectionPolicy: ${mode}${mode === 'Always' ? ', interval: 1m' : ''} }
status: { latestRef: { name: ${image}, tag: 1.0.0, digest: ${first} } }
`;
    const written = async (mode: string) => {
      const [policies, path] = [join(folder.path, mode, 'policies'), join(folder.path, mode, 'repo')];
      const text = `image: ${image}:0.9.0 # {"$imagepolicy": "apps:web"}\n`;
      await writeFiles(join(folder.path, mode), { 'policies/p.yaml': policy(mode), 'repo/web.yaml': text });
      const ran = await runInProcess(['update', '--policies', policies, '--path', path, '-o', 'json']);
      const { changes, problems } = JSON.parse(ran.stdout) as { changes: { after: string }[]; problems: unknown[] };
      expect(problems).toEqual([]);
      return changes.map(({ after }) => after);
    };
    expect(await written('Never')).toEqual([`${image}:1.0.0`]);
    expect(await written('IfNotPresent')).toEqual([`${image}:1.0.0@${first}`]);
    expect(await written('Always')).toEqual([`${image}:1.0.0@${second}`]);
  });
});
