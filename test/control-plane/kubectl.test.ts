import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { widgetDefinition } from '../contract/widget-definition.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { requirePart } from '../real/index.ts';
import { startForTest, type TestPlane } from './start-for-test.ts';

const execute = promisify(execFile);

describeWithParts(['kubectl'], 'the real kubectl against the control plane', () => {
  let folder: string;
  let plane: TestPlane;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'control-plane-kubectl-'));
    plane = await startForTest({
      stateFolder: join(folder, 'state'),
      customResourceDefinitions: [widgetDefinition],
      simulateWorkloads: { canPull: (image) => !image.startsWith('missing') },
    });
  });
  afterAll(async () => {
    await plane?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const kubectl = async (...args: string[]) => {
    const environment = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: plane.plane.kubeconfigPath };
    const { stdout } = await execute(requirePart('kubectl'), args, { env: environment });
    return stdout;
  };
  const file = async (name: string, content: string) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
  const web = (image: string, replicas = 2) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: ${replicas}
  progressDeadlineSeconds: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "${image}", ports: [{containerPort: 80}]}]}
`;

  test('apply, wait for the rollout, get', async () => {
    expect(await kubectl('apply', '-f', await file('web.yaml', web('web:1')))).toBe('deployment.apps/web created\n');
    expect(await kubectl('apply', '-f', await file('web.yaml', web('web:1')))).toBe('deployment.apps/web unchanged\n');
    expect(await kubectl('apply', '-f', await file('web.yaml', web('web:2')))).toBe('deployment.apps/web configured\n');
    expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s')).toContain('successfully rolled out');
    expect(await kubectl('get', 'deployment', 'web', '--no-headers')).toMatch(/^web\s+2\/2\s+2\s+2\s+\d+s/);
    expect(await kubectl('get', 'deploy/web', '-o', 'wide')).toMatch(
      /CONTAINERS\s+IMAGES\s+SELECTOR\s+web\s+2\/2\s+2\s+2\s+\S+\s+main\s+web:2\s+app=web/,
    );
    expect(await kubectl('get', 'all')).toMatch(/pod\/web-[\s\S]*deployment\.apps\/web[\s\S]*replicaset\.apps\/web-/);
  });

  test('server-side apply, and its conflicts', async () => {
    const path = await file('settings.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "1"}\n');
    expect(await kubectl('apply', '--server-side', '-f', path)).toBe('configmap/settings serverside-applied\n');
    const other = kubectl(
      'apply',
      '--server-side',
      '--field-manager=other',
      '-f',
      await file('settings.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "2"}\n'),
    );
    await expect(other).rejects.toThrow(/Apply failed with 1 conflict: conflict with "kubectl": \.data\.a/);
  });

  test('a diff shows what an apply would change', async () => {
    const change = kubectl('diff', '-f', await file('web.yaml', web('web:2', 3)));
    await expect(change).rejects.toMatchObject({ code: 1, stdout: expect.stringMatching(/-\s+replicas: 2\n\+\s+replicas: 3/) });
  });

  test('an unknown field is refused before anything is written', async () => {
    const path = await file('wrong.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: wrong}\ndatta: {a: "1"}\n');
    await expect(kubectl('apply', '-f', path)).rejects.toThrow(/strict decoding error: unknown field "datta"/);
  });

  test('create, scale, label, annotate, patch, describe, delete', async () => {
    expect(await kubectl('create', 'namespace', 'made')).toBe('namespace/made created\n');
    expect(await kubectl('create', 'deployment', 'tool', '--image=tool:1', '--namespace=made')).toBe(
      'deployment.apps/tool created\n',
    );
    await kubectl('rollout', 'status', 'deployment/tool', '--namespace=made', '--timeout=20s');
    expect(await kubectl('scale', 'deployment/tool', '--replicas=3', '--namespace=made')).toBe('deployment.apps/tool scaled\n');
    await kubectl('wait', '--for=jsonpath={.status.availableReplicas}=3', 'deployment/tool', '--namespace=made', '--timeout=20s');
    await kubectl('label', 'deployment/tool', 'team=a', '--namespace=made');
    await kubectl('annotate', 'deployment/tool', 'note=b', '--namespace=made');
    await kubectl(
      'patch',
      'deployment/tool',
      '--namespace=made',
      '-p',
      '{"spec":{"template":{"spec":{"containers":[{"name":"tool","env":[{"name":"A","value":"1"}]}]}}}}',
    );
    const described = await kubectl('describe', 'deployment', 'tool', '--namespace=made');
    expect(described).toMatch(/Labels:\s+app=tool\s+team=a/);
    expect(described).toMatch(/A:\s+1/);
    expect(await kubectl('delete', 'namespace', 'made', '--timeout=20s')).toBe('namespace "made" deleted\n');
  });

  test('secrets and roles are made on the command line', async () => {
    await kubectl('create', 'secret', 'generic', 'token', '--from-literal=token=s3cret');
    expect(await kubectl('get', 'secret', 'token', '-o', 'jsonpath={.data.token}')).toBe(
      Buffer.from('s3cret').toString('base64'),
    );
    await kubectl('create', 'role', 'reader', '--verb=get', '--resource=pods');
    expect(await kubectl('get', 'role', 'reader', '-o', 'jsonpath={.rules}')).toBe(
      '[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]',
    );
    expect(await kubectl('auth', 'can-i', 'create', 'deployments')).toBe('yes\n');
  });

  test('a rollout that cannot pull is told, and undone', async () => {
    await kubectl('set', 'image', 'deployment/web', 'main=missing:1');
    await expect(kubectl('rollout', 'status', 'deployment/web', '--timeout=20s')).rejects.toThrow(
      /exceeded its progress deadline/,
    );
    expect(await kubectl('get', 'pods', '-l', 'app=web')).toContain('ImagePullBackOff');
    await kubectl('rollout', 'undo', 'deployment/web');
    expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=20s')).toContain('successfully rolled out');
    expect(await kubectl('rollout', 'history', 'deployment/web')).toMatch(/REVISION\s+CHANGE-CAUSE/);
  });

  test('custom kinds have columns, short names, an explanation and conditions to wait for', async () => {
    const path = await file(
      'widget.yaml',
      'apiVersion: contract.example/v1\nkind: Widget\nmetadata: {name: w}\nspec: {interval: 1m, replicas: 2}\n',
    );
    expect(await kubectl('apply', '-f', path)).toBe('widget.contract.example/w created\n');
    await kubectl(
      'patch',
      'widget',
      'w',
      '--subresource=status',
      '--type=merge',
      '-p',
      '{"status":{"observedGeneration":1,"conditions":[{"type":"Ready","status":"True"}]}}',
    );
    await kubectl('wait', '--for=condition=Ready', 'wd/w', '--timeout=20s');
    expect(await kubectl('get', 'wd')).toMatch(/^NAME\s+READY\s+REPLICAS\nw\s+True\s+2\n$/);
    expect(await kubectl('get', 'parts', '-o', 'name')).toBe('widget.contract.example/w\n');
    expect(await kubectl('explain', 'widget.spec.interval')).toMatch(/FIELD: interval <string>/);
    expect(await kubectl('scale', 'widget/w', '--replicas=3')).toBe('widget.contract.example/w scaled\n');
    const invalid = kubectl('patch', 'widget', 'w', '--type=merge', '-p', '{"spec":{"interval":"soon"}}');
    await expect(invalid).rejects.toThrow(/spec\.interval in body should match/);
  });

  test('a prune by labels deletes what is no longer there', async () => {
    const map = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {set: one}}\n`;
    const both = await file('set.yaml', `${map('one')}---\n${map('two')}`);
    await kubectl('apply', '--server-side', '-f', both);
    const one = await file('set.yaml', map('one'));
    expect(await kubectl('apply', '--prune', '-l', 'set=one', '--prune-allowlist=core/v1/ConfigMap', '-f', one)).toContain(
      'configmap/one',
    );
  });

  test('api-resources, api-versions and cluster information', async () => {
    expect(await kubectl('api-resources', '--api-group=contract.example')).toMatch(
      /widgets\s+wd\s+contract\.example\/v1\s+true\s+Widget/,
    );
    expect(await kubectl('api-versions')).toContain('contract.example/v1beta1');
    expect(await kubectl('version')).toMatch(/Server Version: v1\.36/);
    expect(await kubectl('get', 'namespaces')).toMatch(/default\s+Active/);
  });
});
