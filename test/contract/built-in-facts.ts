import { expect, test } from 'vitest';
import type { Loose } from './kubernetes-client.ts';
import type { Contract } from './kubernetes-contract.ts';

export function builtInFacts(contract: Contract): void {
  const inNamespace = (group: string, plural: string) =>
    `${group === '' ? '/api/v1' : `/apis/${group}/v1`}/namespaces/${contract.namespace}/${plural}`;
  const { newName } = contract;
  const podSpec = { containers: [{ name: 'web', image: 'web:1' }] };
  const workload = (name: string, spec: object = {}) => ({
    metadata: { name },
    spec: { selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: podSpec }, ...spec },
  });
  const post = (path: string, body: object, query = '') => contract.client.post(`${path}${query}`, body);

  test('a Deployment has defaults', async () => {
    const { body } = await post(inNamespace('apps', 'deployments'), workload(newName()));
    expect(body.spec).toMatchObject({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    });
    expect(body.spec.template.spec).toEqual({
      containers: [
        {
          name: 'web',
          image: 'web:1',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'IfNotPresent',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
    });
    expect(body.metadata.generation).toBe(1);
  });

  test.for([
    { image: 'web', policy: 'Always' },
    { image: 'web:latest', policy: 'Always' },
    { image: 'host:5000/web', policy: 'Always' },
    { image: 'web:1.2', policy: 'IfNotPresent' },
    { image: `web@sha256:${'a'.repeat(64)}`, policy: 'IfNotPresent' },
  ])('the image $image is pulled $policy', async ({ image, policy }) => {
    const object = workload(newName());
    object.spec.template.spec = { containers: [{ name: 'web', image }] };
    const { body } = await post(inNamespace('apps', 'deployments'), object);
    expect(body.spec.template.spec.containers[0].imagePullPolicy).toBe(policy);
  });

  test.for([
    {
      kind: 'StatefulSet',
      plural: 'statefulsets',
      spec: {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        revisionHistoryLimit: 10,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      },
    },
    {
      kind: 'DaemonSet',
      plural: 'daemonsets',
      spec: {
        revisionHistoryLimit: 10,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      },
    },
    { kind: 'ReplicaSet', plural: 'replicasets', spec: { replicas: 1 } },
  ])('a $kind has defaults', async ({ plural, spec }) => {
    const { body } = await post(inNamespace('apps', plural), workload(newName()));
    expect(body.spec).toMatchObject(spec);
  });

  test('a Job selects its own pods, and its template is fixed', async () => {
    const name = newName();
    const jobs = inNamespace('batch', 'jobs');
    const { body } = await post(jobs, {
      metadata: { name },
      spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } },
    });
    expect(body.spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': body.metadata.uid } },
    });
    expect(body.spec.template.metadata.labels).toMatchObject({ 'job-name': name, 'controller-uid': body.metadata.uid });
    const changed = await contract.client.patch('strategic', `${jobs}/${name}`, {
      spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } },
    });
    expect({ code: changed.code, field: changed.body.details.causes[0].field }).toEqual({ code: 422, field: 'spec.template' });
    expect(changed.body.message).toContain('field is immutable');
  });

  test('a CronJob has defaults', async () => {
    const { body } = await post(inNamespace('batch', 'cronjobs'), {
      metadata: { name: newName() },
      spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } } },
    });
    expect(body.spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
  });

  test('a Service gets an address that it keeps', async () => {
    const services = inNamespace('', 'services');
    const name = newName();
    const { body } = await post(services, { metadata: { name }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
    expect(body.spec).toMatchObject({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      clusterIP: expect.stringMatching(/^10\.96\./),
      ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }],
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    expect(body.metadata.managedFields[0].fieldsV1['f:spec']['f:clusterIP']).toBeUndefined();
    const replaced = await contract.client.put(`${services}/${name}`, {
      metadata: { name },
      spec: { selector: { app: 'db' }, ports: [{ port: 80 }] },
    });
    expect(replaced.body.spec).toMatchObject({ clusterIP: body.spec.clusterIP, selector: { app: 'db' } });
    const moved = await contract.client.patch('merge', `${services}/${name}`, {
      spec: { clusterIP: '10.96.0.77', clusterIPs: ['10.96.0.77'] },
    });
    expect(moved.code).toBe(422);
    expect(moved.body.message).toContain('may not change once set');
  });

  test('a Secret is opaque, and its texts are encoded', async () => {
    const { body } = await post(inNamespace('', 'secrets'), {
      metadata: { name: newName() },
      stringData: { a: 'ä' },
      data: { b: 'eA==' },
    });
    expect({ type: body.type, data: body.data, stringData: body.stringData }).toEqual({
      type: 'Opaque',
      data: { a: 'w6Q=', b: 'eA==' },
      stringData: undefined,
    });
  });

  test('the type of a Secret is fixed', async () => {
    const secrets = inNamespace('', 'secrets');
    const { body } = await post(secrets, { metadata: { name: newName() } });
    const { code, body: refusal } = await contract.client.patch('merge', `${secrets}/${body.metadata.name}`, {
      type: 'example.com/other',
    });
    expect({ code, cause: refusal.details.causes[0] }).toEqual({
      code: 422,
      cause: { reason: 'FieldValueInvalid', field: 'type', message: 'Invalid value: "example.com/other": field is immutable' },
    });
  });

  test.for(['configmaps', 'secrets'])('immutable %s stay as they are', async (plural) => {
    const path = inNamespace('', plural);
    const { body } = await post(path, { metadata: { name: newName() }, data: { a: 'eA==' }, immutable: true });
    const { code, body: refusal } = await contract.client.patch('merge', `${path}/${body.metadata.name}`, {
      data: { a: 'eQ==' },
    });
    expect(code).toBe(422);
    expect(refusal.message).toContain('data: Forbidden: field is immutable when `immutable` is set');
    expect(
      (await contract.client.patch('merge', `${path}/${body.metadata.name}`, { metadata: { labels: { a: 'b' } } })).code,
    ).toBe(200);
  });

  test('a Namespace is active and labelled with its name', async () => {
    const name = newName();
    const { body } = await post('/api/v1/namespaces', { metadata: { name } });
    expect(body).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });

  test('a Namespace goes with what is in it', async () => {
    const name = newName();
    await post('/api/v1/namespaces', { metadata: { name } });
    await post(`/api/v1/namespaces/${name}/configmaps`, { metadata: { name: 'inside' } });
    const { code, body } = await contract.client.delete(`/api/v1/namespaces/${name}`);
    expect({ code, phase: body.status.phase }).toEqual({ code: 200, phase: 'Terminating' });
    for (let attempt = 0; attempt < 600 && (await contract.client.get(`/api/v1/namespaces/${name}`)).code !== 404; attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await contract.client.get(`/api/v1/namespaces/${name}/configmaps/inside`)).code).toBe(404);
  });

  test('nothing is made in a Namespace that ends', async () => {
    const name = newName();
    const path = `/api/v1/namespaces/${name}/configmaps`;
    await post('/api/v1/namespaces', { metadata: { name } });
    await post(path, { metadata: { name: 'held', finalizers: ['contract.example/hold'] } });
    await contract.client.delete(`/api/v1/namespaces/${name}`);
    const { code, body } = await post(path, { metadata: { name: 'late' } });
    await contract.client.patch('merge', `${path}/held`, { metadata: { finalizers: null } });
    expect({ code, message: body.message }).toEqual({
      code: 403,
      message: `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
    });
    expect(body.details.causes).toEqual([
      { reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' },
    ]);
  });

  test('the selector of a Deployment is fixed', async () => {
    const path = inNamespace('apps', 'deployments');
    const { body } = await post(path, workload(newName()));
    const labels = { app: 'other' };
    const { code, body: refusal } = await contract.client.patch('merge', `${path}/${body.metadata.name}`, {
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
    });
    expect({ code, cause: refusal.details.causes[0] }).toMatchObject({
      code: 422,
      cause: { reason: 'FieldValueInvalid', field: 'spec.selector' },
    });
    expect(refusal.message).toContain('field is immutable');
  });

  test('a selector has to match its template', async () => {
    const name = newName();
    const { code, body } = await post(
      inNamespace('apps', 'deployments'),
      workload(name, { selector: { matchLabels: { app: 'other' } } }),
    );
    expect({ code, field: body.details.causes[0].field }).toEqual({ code: 422, field: 'spec.template.metadata.labels' });
    expect(body.message).toContain('`selector` does not match template `labels`');
  });

  test.for([
    { because: 'a selector', spec: { template: { metadata: { labels: { a: 'b' } }, spec: podSpec } }, field: 'spec.selector' },
    {
      because: 'containers',
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: {} } },
      field: 'spec.template.spec.containers',
    },
    {
      because: 'a container name',
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ image: 'x' }] } },
      },
      field: 'spec.template.spec.containers[0].name',
    },
  ])('a Deployment needs $because', async ({ spec, field }) => {
    const { code, body } = await post(inNamespace('apps', 'deployments'), { metadata: { name: newName() }, spec });
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
    expect(body.details.causes.map((cause: Loose) => `${cause.field} ${cause.reason}`)).toContain(`${field} FieldValueRequired`);
  });

  test('a field of a Deployment has the right type', async () => {
    const { code, body } = await post(inNamespace('apps', 'deployments'), workload(newName(), { replicas: 'many' }));
    expect(code).toBe(400);
    expect(body.message).toMatch(
      /^Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32/,
    );
  });

  test('the spec of a StatefulSet is fixed but for a few fields', async () => {
    const path = inNamespace('apps', 'statefulsets');
    const { body } = await post(path, workload(newName()));
    const { code, body: refusal } = await contract.client.patch('merge', `${path}/${body.metadata.name}`, {
      spec: { serviceName: 'other' },
    });
    expect(code).toBe(422);
    expect(refusal.message).toContain('spec: Forbidden: updates to statefulset spec for fields other than');
    expect((await contract.client.patch('merge', `${path}/${body.metadata.name}`, { spec: { replicas: 2 } })).code).toBe(200);
  });

  test('a binding keeps its role', async () => {
    const path = inNamespace('rbac.authorization.k8s.io', 'rolebindings');
    const { body } = await post(path, {
      metadata: { name: newName() },
      roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'default' }],
    });
    const { code, body: refusal } = await contract.client.patch('merge', `${path}/${body.metadata.name}`, {
      roleRef: { name: 'edit' },
    });
    expect(code).toBe(422);
    expect(refusal.message).toContain('roleRef: Invalid value:');
    expect(refusal.message).toContain('cannot change roleRef');
  });

  test('the spec of a volume claim is fixed', async () => {
    const path = inNamespace('', 'persistentvolumeclaims');
    const { body } = await post(path, {
      metadata: { name: newName() },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    expect(body).toMatchObject({ spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } });
    const { code, body: refusal } = await contract.client.patch('merge', `${path}/${body.metadata.name}`, {
      spec: { accessModes: ['ReadWriteMany'] },
    });
    expect(code).toBe(422);
    expect(refusal.message).toContain('spec: Forbidden: spec is immutable after creation except resources.requests');
  });

  test.for([
    ['', 'configmaps', {}],
    ['', 'services', { spec: { ports: [{ port: 1 }] } }],
    ['', 'serviceaccounts', {}],
    ['apps', 'daemonsets', workload('x')],
    [
      'batch',
      'cronjobs',
      { spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } } } },
    ],
    ['networking.k8s.io', 'ingresses', { spec: { defaultBackend: { service: { name: 'a', port: { number: 1 } } } } }],
    ['networking.k8s.io', 'networkpolicies', { spec: { podSelector: {} } }],
    ['policy', 'poddisruptionbudgets', { spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } } }],
    ['coordination.k8s.io', 'leases', { spec: { holderIdentity: 'me' } }],
    ['rbac.authorization.k8s.io', 'roles', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }],
  ] as const)('%s %s: generations are counted where Kubernetes does', async ([group, plural, object]) => {
    const { code, body } = await post(inNamespace(group, plural), { ...object, metadata: { name: newName() } });
    expect(code).toBe(201);
    expect(body.metadata.generation).toBe(counted.has(plural) ? 1 : undefined);
  });

  test('an object goes with its owner', async () => {
    const path = inNamespace('', 'configmaps');
    const owner = (await post(path, { metadata: { name: newName() } })).body;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner.metadata.name, uid: owner.metadata.uid }];
    const owned = (await post(path, { metadata: { name: newName(), ownerReferences } })).body;
    await contract.client.delete(`${path}/${owner.metadata.name}`, { propagationPolicy: 'Background' });
    for (
      let attempt = 0;
      attempt < 400 && (await contract.client.get(`${path}/${owned.metadata.name}`)).code !== 404;
      attempt += 1
    )
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await contract.client.get(`${path}/${owned.metadata.name}`)).code).toBe(404);
  });

  test('an orphan stays without its owner', async () => {
    const path = inNamespace('', 'configmaps');
    const owner = (await post(path, { metadata: { name: newName() } })).body;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner.metadata.name, uid: owner.metadata.uid }];
    const owned = (await post(path, { metadata: { name: newName(), ownerReferences } })).body;
    await contract.client.delete(`${path}/${owner.metadata.name}`, { propagationPolicy: 'Orphan' });
    for (
      let attempt = 0;
      attempt < 400 && (await contract.client.get(`${path}/${owner.metadata.name}`)).code !== 404;
      attempt += 1
    )
      await new Promise((resolve) => setTimeout(resolve, 50));
    const { code, body } = await contract.client.get(`${path}/${owned.metadata.name}`);
    expect({ code, owners: body.metadata.ownerReferences }).toEqual({ code: 200, owners: undefined });
  });
}

const counted: ReadonlySet<string> = new Set(['daemonsets', 'cronjobs', 'ingresses', 'networkpolicies', 'poddisruptionbudgets']);
