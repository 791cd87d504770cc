import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { waitUntil } from './wait-until.ts';

/** One request as the API server saw it. */
export interface AuditedRequest {
  /** Kubernetes' verb: get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string;
  /** With its query: an apply has a `fieldManager` there, a dry run `dryRun=All`. */
  readonly uri: string;
  readonly user: string;
  /** Whom the user acted for, if anybody. */
  readonly impersonated: string | null;
  readonly userAgent: string;
  /** The status answered, null while it goes on. */
  readonly code: number | null;
}

/** Everything is recorded by its metadata, but the server's requests to itself. */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  rules: [{ level: 'None', users: ['system:apiserver'] }, { level: 'Metadata' }],
};

interface AuditEvent {
  readonly auditID: string;
  readonly stage: 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly impersonatedUser?: { readonly username: string };
  readonly userAgent?: string;
  readonly responseStatus?: { readonly code?: number };
}

/**
 * Every request in the log, oldest first. A request stands there before it is answered, so whatever the caller has seen
 * answered is in the list; a request of our own is sent first and awaited, so that codes written after the answer are too.
 */
export async function readAuditLog(file: string, get: (path: string) => Promise<number>): Promise<AuditedRequest[]> {
  const mark = `/version?mark=${randomUUID()}`;
  await get(mark);
  let requests: AuditedRequest[] = [];
  await waitUntil(`the request ${mark} in the audit log`, async () => {
    requests = summariseEvents(parseEvents(await readFile(file, 'utf8')));
    return requests.some(({ uri, code }) => uri === mark && code !== null);
  });
  return requests.filter(({ uri }) => !uri.startsWith('/version?mark='));
}

function parseEvents(log: string): AuditEvent[] {
  const wholeLines = log.slice(0, log.lastIndexOf('\n') + 1).split('\n');
  return wholeLines.filter((line) => line !== '').map((line): AuditEvent => JSON.parse(line));
}

function summariseEvents(events: readonly AuditEvent[]): AuditedRequest[] {
  const requests = new Map<string, AuditedRequest>();
  for (const event of events) {
    requests.set(event.auditID, {
      verb: event.verb,
      uri: event.requestURI,
      user: event.user.username,
      impersonated: event.impersonatedUser?.username ?? null,
      userAgent: event.userAgent ?? '',
      code: event.responseStatus?.code ?? requests.get(event.auditID)?.code ?? null,
    });
  }
  return [...requests.values()];
}
