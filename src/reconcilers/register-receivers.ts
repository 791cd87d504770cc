import { type Receiver, receiverKind } from '../api/index.ts';
import { type CheckAddress, createTenantFetch } from '../auth/index.ts';
import type { Clock, Cluster, Log } from '../core/index.ts';
import type { Engine, Registration } from '../engine/index.ts';
import { createExpressions } from '../expression/index.ts';
import { createTokenChecker, serveWebhooks, type WebhookServer } from '../receive/index.ts';
import { createReceiverReconciler } from './receiver.ts';
import { createReceiverDesk } from './receiver-desk.ts';

export interface ReceiverRegistration {
  readonly engine: Engine;
  readonly registration: Registration;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  /** Which addresses issuers of tokens may be at. */
  readonly checkAddress: CheckAddress;
  readonly noCrossNamespaceRefs?: boolean | undefined;
  /** Where webhooks are listened for; absent = nowhere. */
  readonly listen?: { readonly host: string; readonly port: number; readonly baseUrl?: string | undefined } | undefined;
  readonly onWebhook?: ((status: number) => void) | undefined;
  /** Who signs the tokens of Pub/Sub; Google, but for tests. */
  readonly googleIssuer?: string | undefined;
}

export interface Receivers {
  /** Listens; rejects where the address cannot be had. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function registerReceivers(options: ReceiverRegistration): Receivers {
  const { engine, registration, cluster, clock, log, checkAddress, noCrossNamespaceRefs, listen, googleIssuer } = options;
  const expressions = createExpressions({ clock });
  const baseUrl = listen === undefined ? undefined : (listen.baseUrl ?? `http://${listen.host}:${listen.port}`);
  engine.register(createReceiverReconciler({ cluster, expressions, noCrossNamespaceRefs, baseUrl }), registration);
  const tokens = createTokenChecker({ fetch: () => createTenantFetch({ checkAddress }), now: () => clock.now() });
  const list = () => engine.cache(receiverKind).list() as Receiver[];
  const isOpen = () => registration.gate?.isOpen() ?? true;
  const handle = createReceiverDesk({
    isOpen,
    cluster,
    expressions,
    clock,
    log,
    list,
    tokens,
    ...(googleIssuer && { googleIssuer }),
  });
  let server: WebhookServer | null = null;
  return {
    async start() {
      if (listen === undefined) return;
      server = await serveWebhooks({ ...listen, handle, ...(options.onWebhook && { onAnswer: options.onWebhook }) });
      log.info('listening for webhooks', { url: server.url });
    },
    async stop() {
      await server?.[Symbol.asyncDispose]();
      await expressions.close();
    },
  };
}
