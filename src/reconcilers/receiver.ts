import { type Receiver, receiverKind } from '../api/index.ts';
import { readSecretData } from '../auth/index.ts';
import {
  type Cluster,
  errorMessage,
  nameOf,
  parseDurationMs,
  type Reconciler,
  type Report,
  type StepContext,
  TagalongError,
} from '../core/index.ts';
import type { Expressions } from '../expression/index.ts';
import { ReceiveError, type ReceiverSecret, tokenScope, webhookPath } from '../receive/index.ts';
import { readSecret } from './secrets.ts';

export interface ReceiverDeps {
  readonly cluster: Cluster;
  readonly expressions: Expressions;
  /** Where its webhooks are called from outside, such as https://hooks.example.com; absent = nobody listens here. */
  readonly baseUrl?: string | undefined;
  /** A resource of another namespace is refused. */
  readonly noCrossNamespaceRefs?: boolean | undefined;
}

type Seen = { readonly path: string };
type Plan = { readonly do: 'listen'; readonly because: string; readonly path: string };

/** Tells under which path a Receiver is called; what is done with calls is `receiver-desk.ts`. */
export function createReceiverReconciler(deps: ReceiverDeps): Reconciler<Receiver, Seen, Plan, null> {
  return {
    kind: receiverKind,
    observe: (resource, context) => observe(resource, context, deps),
    decide: (_resource, { path }) => ({ do: 'listen', because: 'its Secret gives its path', path }),
    act: async () => null,
    report: (resource, plan) => report(resource, plan, deps),
  };
}

async function observe(resource: Receiver, { signal }: StepContext, deps: ReceiverDeps): Promise<Seen> {
  await checkSpec(resource, deps);
  const { token } = await readReceiverSecret(resource, deps.cluster, signal);
  return { path: webhookPath(token, nameOf(resource)) };
}

async function checkSpec({ metadata, spec }: Receiver, { expressions, noCrossNamespaceRefs }: ReceiverDeps): Promise<void> {
  for (const { kind, name, namespace, matchLabels } of spec.resources) {
    const isElsewhere = namespace !== undefined && namespace !== metadata.namespace;
    if (isElsewhere && noCrossNamespaceRefs === true)
      throw terminal('AccessDenied', `${kind} '${namespace}/${name}': references to other namespaces are not allowed here`);
    if (name === '*' && matchLabels === undefined)
      throw terminal('ValidationFailed', `${kind} '*': matchLabels field not set when using wildcard '*' as name`);
  }
  const named = expressionsOf(spec);
  const mistakes = await expressions.check(named.map(({ expression }) => expression));
  const bad = mistakes.flatMap((mistake, index) => (mistake === null ? [] : [`${named[index]?.field}: ${mistake}`]));
  if (bad.length > 0) throw terminal('InvalidCELExpression', bad.join('; '));
}

/** What a filter may name. */
export const filterScope = ['res', 'req', 'claims'] as const;

function expressionsOf({ resourceFilter, resources, oidcProviders = [] }: Receiver['spec']) {
  const one = (field: string, text: string | undefined, scope: readonly string[]) =>
    text === undefined ? [] : [{ field, expression: { text, scope } }];
  return [
    ...one('spec.resourceFilter', resourceFilter, filterScope),
    ...resources.flatMap(({ filter }, index) => one(`spec.resources[${index}].filter`, filter, filterScope)),
    ...oidcProviders.flatMap(({ issuerURL, validations }) =>
      validations.flatMap(({ expression }) => one(`validations of ${issuerURL}`, expression, tokenScope)),
    ),
  ];
}

function terminal(reason: string, message: string): TagalongError {
  const text = `Reconciliation failed terminally due to configuration error: ${message}`;
  return new TagalongError('RECEIVER_INVALID', text, { retry: 'never', reason });
}

/** The token, as it stands in the Secret; empty for generic-oidc. Rejects with reason TokenNotFound. */
export async function readReceiverSecret(
  { metadata, spec }: Receiver,
  cluster: Cluster,
  signal?: AbortSignal,
): Promise<ReceiverSecret> {
  if (spec.secretRef === undefined) return { token: '' };
  const namespace = metadata.namespace ?? '';
  const { name } = spec.secretRef;
  const secret = await readSecret(cluster, namespace, name, signal).catch((error: unknown) => {
    throw notFound(`unable to read token from secret '${namespace}/${name}' error: ${errorMessage(error)}`, error);
  });
  const data = readSecretData(secret);
  const token = data.text('token');
  if (token === undefined) throw notFound(`invalid '${namespace}/${name}' secret data: required field 'token'`);
  return { token, email: data.text('email'), audience: data.text('audience') };
}

function notFound(message: string, cause?: unknown): ReceiveError {
  return new ReceiveError('TOKEN_MISSING', message, { reason: 'TokenNotFound', cause });
}

/** The whole address, which Flux's status has no place for. */
function listening(path: string, baseUrl: string | undefined): NonNullable<Report['conditions']>[number] {
  if (baseUrl !== undefined)
    return { type: 'Listening', status: 'True', reason: 'Webhook', message: `${baseUrl.replace(/\/$/, '')}${path}` };
  const message = 'nobody listens for webhooks: start the bot with --webhook-addr';
  return { type: 'Listening', status: 'False', reason: 'NoListener', message };
}

function report(resource: Receiver, { path }: Plan, { baseUrl }: ReceiverDeps): Report {
  const message = `Receiver initialized for path: ${path}`;
  return {
    ready: { status: 'True', reason: 'Succeeded', message },
    outcome: 'done',
    conditions: [listening(path, baseUrl)],
    status: { webhookPath: path },
    events:
      resource.status?.webhookPath === path
        ? []
        : [{ type: 'Normal', reason: 'Succeeded', message: `Reconciliation finished, next run in ${resource.spec.interval}` }],
    next: { afterMs: parseDurationMs(resource.spec.interval) ?? 600_000 },
  };
}
