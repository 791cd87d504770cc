import { expect, test } from 'vitest';
import { planStages } from '../../src/apply/index.ts';
import { describeObject } from '../../src/core/index.ts';
import { object } from './objects.ts';

const stagesOf = (...sentences: string[]) =>
  planStages(sentences.map((sentence) => object(sentence))).map(
    ({ name, objects }) => `${name}: ${objects.map(describeObject).join(' ')}`,
  );

test('what others need comes first, class-like kinds second, the rest last', () => {
  expect(
    stagesOf(
      'apps/v1 Deployment web/web',
      'networking.k8s.io/v1 IngressClass nginx',
      'v1 Namespace web',
      'example.com/v1 WidgetClass big',
      'apiextensions.k8s.io/v1 CustomResourceDefinition widgets.example.com',
      'rbac.authorization.k8s.io/v1 ClusterRole reader',
    ),
  ).toEqual([
    'definitions: CustomResourceDefinition/widgets.example.com Namespace/web ClusterRole/reader',
    'classes: IngressClass/nginx WidgetClass/big',
    'rest: Deployment/web/web',
  ]);
});

test('stages that others wait for are waited for', () => {
  const stages = planStages([
    object('v1 Namespace web'),
    object('v1 ConfigMap web/a'),
    object('scheduling.k8s.io/v1 PriorityClass high'),
  ]);
  expect(stages.map(({ name, waits }) => [name, waits])).toEqual([
    ['definitions', true],
    ['classes', true],
    ['rest', false],
  ]);
});

test('nothing to apply has no stages', () => {
  expect(stagesOf()).toEqual([]);
});

test.for([
  {
    because: 'the list of kinds decides, unknown kinds stand between, webhooks come last',
    objects: [
      'admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration a',
      'admissionregistration.k8s.io/v1 MutatingWebhookConfiguration a',
      'example.com/v1 Widget web/a',
      'policy/v1 PodDisruptionBudget web/a',
      'batch/v1 CronJob web/a',
      'apps/v1 StatefulSet web/a',
      'apps/v1 Deployment web/a',
      'v1 LimitRange web/a',
      'v1 Service web/a',
      'v1 Secret web/a',
      'v1 ConfigMap web/a',
      'rbac.authorization.k8s.io/v1 RoleBinding web/a',
      'rbac.authorization.k8s.io/v1 Role web/a',
      'v1 ServiceAccount web/a',
      'v1 ResourceQuota web/a',
      'rbac.authorization.k8s.io/v1 ClusterRoleBinding a',
    ],
    order:
      'ClusterRoleBinding/a ResourceQuota/web/a ServiceAccount/web/a Role/web/a RoleBinding/web/a ConfigMap/web/a Secret/web/a Service/web/a LimitRange/web/a Deployment/web/a StatefulSet/web/a CronJob/web/a PodDisruptionBudget/web/a Widget/web/a MutatingWebhookConfiguration/a ValidatingWebhookConfiguration/a',
  },
  {
    because: 'unknown kinds go by group, then kind',
    objects: ['b.example/v1 Apple web/a', 'a.example/v1 Pear web/a', 'a.example/v1 Apple web/a', 'batch/v1 Job web/a'],
    order: 'Apple/web/a Pear/web/a Apple/web/a Job/web/a',
  },
  {
    because: 'ties go by namespace, then name, not by the order given',
    objects: ['v1 Secret b/a', 'v1 Secret a/b', 'v1 Secret a/a'],
    order: 'Secret/a/a Secret/a/b Secret/b/a',
  },
  {
    because: 'the group does not matter for listed kinds',
    objects: ['example.com/v1 Service web/z', 'v1 Service web/a', 'v1 ConfigMap web/z'],
    order: 'ConfigMap/web/z Service/web/a Service/web/z',
  },
])('$because', ({ objects, order }) => {
  expect(stagesOf(...objects)).toEqual([`rest: ${order}`]);
});
