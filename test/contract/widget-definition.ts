const text = { type: 'string' };

/** A custom kind with something of everything. */
export const widgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.contract.example' },
  spec: {
    group: 'contract.example',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['parts'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
        additionalPrinterColumns: [
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
          { name: 'Interval', type: 'string', jsonPath: '.spec.interval', priority: 1 },
        ],
        schema: { openAPIV3Schema: widgetSchema() },
      },
      { name: 'v1beta1', served: true, storage: false, schema: { openAPIV3Schema: widgetSchema() } },
    ],
  },
};

function widgetSchema() {
  return {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['interval'],
        'x-kubernetes-validations': [
          { rule: '!has(self.left) || !has(self.right)', message: 'left and right exclude each other' },
          { rule: "self.interval != '7m'" },
          {
            rule: '!has(self.counts) || self.counts.all(count, count > 0)',
            message: 'counts are positive',
            fieldPath: '.counts',
          },
        ],
        properties: {
          interval: { type: 'string', pattern: '^([0-9]+(ms|s|m|h))+$' },
          replicas: { type: 'integer', minimum: 1, maximum: 5 },
          mode: { type: 'string', enum: ['x', 'y'], default: 'x' },
          short: { type: 'string', minLength: 2, maxLength: 3 },
          list: {
            type: 'array',
            minItems: 1,
            maxItems: 2,
            items: { type: 'object', required: ['name'], properties: { name: text, size: { type: 'integer', default: 3 } } },
          },
          keyed: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            items: { type: 'object', required: ['name'], properties: { name: text, value: { type: 'integer' } } },
          },
          set: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
          counts: { type: 'array', maxItems: 9, items: { type: 'integer' } },
          left: text,
          right: text,
          nothing: { type: 'string', nullable: true },
          something: text,
          port: { 'x-kubernetes-int-or-string': true },
          labels: { type: 'object', additionalProperties: text },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          atom: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: text },
          nested: {
            type: 'object',
            properties: {
              deep: {
                type: 'object',
                default: {},
                properties: { answer: { type: 'integer', default: 42 }, off: { type: 'boolean', default: false } },
              },
            },
          },
          fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed cannot change' }] },
          embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
      status: {
        type: 'object',
        default: { observedGeneration: -1 },
        properties: {
          observedGeneration: { type: 'integer' },
          replicas: { type: 'integer' },
          conditions: {
            type: 'array',
            items: {
              type: 'object',
              required: ['type'],
              properties: {
                type: text,
                status: text,
                reason: text,
                message: text,
                lastTransitionTime: { type: 'string', format: 'date-time' },
              },
            },
          },
        },
      },
    },
  };
}
