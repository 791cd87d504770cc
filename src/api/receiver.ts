import { z } from 'zod';
import { duration, flag, localReference, text, textMap, texts } from './field.ts';
import type { ResourceOf } from './object-meta.ts';
import { withRules } from './rule.ts';
import { commonStatus } from './status-field.ts';

export const receiverKind = {
  group: 'notification.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Receiver',
  plural: 'receivers',
} as const;

/** Whose webhooks a Receiver takes: how they are signed, and what they look like. */
export const receiverTypes = [
  'generic',
  'generic-hmac',
  'generic-oidc',
  'github',
  'gitlab',
  'bitbucket',
  'harbor',
  'dockerhub',
  'quay',
  'gcr',
  'nexus',
  'acr',
  'cdevents',
] as const;

export type ReceiverType = (typeof receiverTypes)[number];

const namePart = (description: string) => z.string().min(1).max(253).describe(description);

const resourceSchema = z
  .object({
    apiVersion: text('API version; sources and ImageRepositories need none.').optional(),
    kind: z
      .enum([
        'Bucket',
        'GitRepository',
        'Kustomization',
        'HelmRelease',
        'HelmChart',
        'HelmRepository',
        'ImageRepository',
        'ImagePolicy',
        'ImageUpdateAutomation',
        'OCIRepository',
        'ArtifactGenerator',
        'ExternalArtifact',
      ])
      .describe('Kind of the objects.'),
    name: namePart('Name of the object, or * for those that have the labels.'),
    namespace: namePart('Namespace of the objects; by default the one of this resource.').optional(),
    matchLabels: textMap('Labels that the objects have; with the name *.').optional(),
    filter: text('CEL over res (metadata), req (body) and claims, which must be true for an object to be reconciled.').optional(),
  })
  .describe('Objects that are reconciled when the webhook is called.');

const oidcProviderSchema = z
  .object({
    issuerURL: z
      .string()
      .regex(/^https?:\/\//)
      .describe('Issuer of the tokens; their claim iss.'),
    audience: text('Claim aud of the tokens; by default notification-controller.').optional(),
    variables: z
      .array(
        z
          .object({ name: text('Name, after vars.'), expression: text('CEL over claims and the variables before it.') })
          .describe('A value with a name.'),
      )
      .describe('Values that validations share.')
      .optional(),
    validations: z
      .array(
        z
          .object({
            expression: text('CEL over claims and vars that must be true.'),
            message: text('What the caller is told where it is not.'),
          })
          .describe('What must be true of a token.'),
      )
      .min(1)
      .describe('All of it must be true of a token.'),
  })
  .describe('Whose tokens are accepted.');

const isOidc = ({ type }: { type: string }) => type === 'generic-oidc';

export const receiverSpecSchema = withRules(
  z.object({
    type: z.enum(receiverTypes).describe('Who calls, and how the call is signed.'),
    interval: duration('How often to read the Secret again.').default('10m'),
    events: texts('Events to act on; by default all.').optional(),
    resources: z.array(resourceSchema).describe('What to reconcile when it is called.'),
    resourceFilter: text('CEL over res (metadata), req (body) and claims, which must be true for any object.').optional(),
    secretRef: localReference('Secret with the token; for gcr with email and audience too.').optional(),
    oidcProviders: z
      .array(oidcProviderSchema)
      .meta({
        description: 'Issuers of tokens, with the type generic-oidc.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['issuerURL'],
      })
      .optional(),
    suspend: flag('Take no calls until this is false again.').optional(),
  }),
  'A webhook that asks for reconciles.',
  [
    {
      rule: "self.type != 'generic-oidc' || (has(self.oidcProviders) && size(self.oidcProviders) > 0)",
      message: 'generic-oidc receivers must define at least one oidcProvider',
      holds: (spec) => !isOidc(spec) || (spec.oidcProviders ?? []).length > 0,
    },
    {
      rule: "self.type == 'generic-oidc' || !has(self.oidcProviders) || size(self.oidcProviders) == 0",
      message: 'oidcProviders can only be set when type is generic-oidc',
      holds: (spec) => isOidc(spec) || (spec.oidcProviders ?? []).length === 0,
    },
    {
      rule: "self.type != 'generic-oidc' || !has(self.secretRef)",
      message: 'secretRef cannot be set when type is generic-oidc',
      holds: (spec) => !isOidc(spec) || spec.secretRef === undefined,
    },
    {
      rule: "self.type == 'generic-oidc' || has(self.secretRef)",
      message: 'secretRef is required when type is not generic-oidc',
      holds: (spec) => isOidc(spec) || spec.secretRef !== undefined,
    },
  ],
);

export const receiverStatusSchema = z
  .object({ ...commonStatus, webhookPath: text('Path of the webhook; as good as a password.').optional() })
  .describe('Where it listens.');

export type ReceiverSpec = z.output<typeof receiverSpecSchema>;
export type ReceiverStatus = z.output<typeof receiverStatusSchema>;
export type Receiver = ResourceOf<'Receiver', ReceiverSpec, ReceiverStatus>;
