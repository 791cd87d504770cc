import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect } from 'vitest';
import type { Condition, GuardedBump } from '../../../src/api/index.ts';
import type { KubeObject } from '../../../src/core/index.ts';
import type { Loop } from './start-loop.ts';

const kind = { group: 'tagalong.dev', version: 'v1alpha1', kind: 'UpdateGuard' } as const;

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

interface GuardStatus {
  readonly guarded?: GuardedBump[];
  readonly selected?: string[];
  readonly closed?: string[];
  readonly seen?: { readonly digest: string; readonly at: string }[];
  readonly conditions?: Condition[];
}

export interface GuardName {
  readonly name?: string;
  readonly namespace?: string;
}

export async function guardStatus(loop: Loop, { name = 'guard', namespace = 'default' }: GuardName = {}): Promise<GuardStatus> {
  const guard = await loop.cluster.get({ ...kind, namespace, name });
  return (guard?.['status'] ?? {}) as GuardStatus;
}

/** The bumps that a guard keeps back for one reason, once there are so many. */
export function guardedFor(loop: Loop, reason: string, count = 1, guard: GuardName = {}): Promise<GuardedBump[]> {
  return loop.until(`${count} to wait for ${reason}`, async () => {
    const found = ((await guardStatus(loop, guard)).guarded ?? []).filter((one) => one.reason === reason);
    return found.length === count && found;
  });
}

/** Applies a guard, and waits until its present generation was looked at. */
export async function applyGuard(loop: Loop, guard: KubeObject): Promise<void> {
  const { name, namespace = '' } = guard.metadata;
  const { metadata } = await loop.cluster.apply(guard, { fieldManager: 'test', force: true });
  await loop.until(`UpdateGuard ${name} to be looked at`, async () => {
    const ready = (await guardStatus(loop, { name, namespace })).conditions?.find(({ type }) => type === 'Ready');
    return ready !== undefined && (ready.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  });
  await loop.rests();
}

export function deleteGuard(loop: Loop, { name = 'guard', namespace = 'default' }: GuardName = {}): Promise<unknown> {
  return loop.cluster.delete({ ...kind, namespace, name });
}

/** The automation's condition, once it has this reason. */
export function automationWaits(loop: Loop, reason: string): Promise<Condition> {
  return loop.until(`the automation to wait for ${reason}`, async () => {
    const condition = await loop.condition('ImageUpdateAutomation', 'fleet', 'Guarded');
    return condition?.reason === reason && condition;
  });
}

/** Asks the automation twice; the branch must not move. */
export async function staysAt(loop: Loop, head: string): Promise<void> {
  for (let round = 0; round < 2; round += 1) await loop.request('ImageUpdateAutomation', 'fleet');
  expect(await loop.main.head()).toBe(head);
}

export function pushesOf(loop: Loop): number {
  return loop.gitHost.requests.filter(({ service, method }) => service === 'git-receive-pack' && method === 'POST').length;
}

export function namespaceObject(name: string, annotations: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, annotations } };
}

export function inNamespace(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** A daily window that opens in two to three hours, and when that is. */
export function laterToday(loop: Loop): { readonly window: object; readonly opensAt: number } {
  const opensAt = Math.ceil((loop.clock.now() + 2 * hourMs) / hourMs) * hourMs;
  return { window: { cron: `0 ${new Date(opensAt).getUTCHours()} * * *`, duration: '30m' }, opensAt };
}

export interface GateServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: { readonly body: unknown; readonly authorization: string | undefined }[];
  answer: (response: ServerResponse) => void;
}

/** A gate on 127.0.0.1 that answers what it is told to. */
export async function startGate(answer: (response: ServerResponse) => void): Promise<GateServer> {
  const asked: GateServer['asked'] = [];
  const server = createServer((request, response) => {
    void readText(request).then((text) => {
      asked.push({ body: JSON.parse(text), authorization: request.headers.authorization });
      gate.answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const gate = {
    url: `http://127.0.0.1:${port}/may-land`,
    asked,
    answer,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return gate;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
