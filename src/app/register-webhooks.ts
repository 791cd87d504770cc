import type { CheckAddress } from '../auth/index.ts';
import { type Receivers, registerReceivers } from '../reconcilers/index.ts';
import { registrationOf } from './gates.ts';
import type { Parts } from './parts.ts';

/** The kind Receiver and the listener that its webhooks arrive at; an observer listens nowhere. */
export function registerWebhooks({ options, engine }: Parts, checkAddress: CheckAddress): Receivers {
  const { clock, log, webhooks, onWebhook, tenancy, observed } = options;
  const registration = registrationOf(options, 'notification-controller');
  return registerReceivers({
    ...{ engine, registration, cluster: registration.cluster, clock, log, checkAddress, onWebhook },
    noCrossNamespaceRefs: tenancy?.noCrossNamespaceRefs,
    listen: observed === undefined ? webhooks : undefined,
  });
}
