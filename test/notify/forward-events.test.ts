import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type EventNote, type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import { createEventForwarder } from '../../src/notify/index.ts';

const app: KubeObject = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: {
    name: 'app',
    namespace: 'apps',
    uid: 'u1',
    resourceVersion: '7',
    annotations: { 'event.toolkit.fluxcd.io/cluster': 'prod', 'other.example.com/x': 'y' },
  },
};
const note: EventNote = {
  type: 'Normal',
  reason: 'ReconciliationSucceeded',
  message: 'applied',
  metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:abc' },
};

/** What listens for events; answers with these codes in turn, the last for ever. */
async function startReceiver(...codes: readonly number[]) {
  const taken: Record<string, unknown>[] = [];
  let calls = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const code = codes[Math.min(calls, codes.length - 1)] ?? 202;
    calls += 1;
    if (code < 300) taken.push(JSON.parse(text) as Record<string, unknown>);
    response.writeHead(code).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    taken,
    calls: () => calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const hasty = { ...systemClock, sleep: async () => {} };

async function send(address: string, ...notes: readonly EventNote[]) {
  const forwarder = createEventForwarder({ address, clock: hasty, log: silentLog });
  for (const one of notes) forwarder.forward(app, one, 'kustomize-controller');
  await forwarder.flush();
}

test('an event has the shape that Flux sends', async () => {
  await using receiver = await startReceiver(202);
  await send(receiver.address, note);
  expect(receiver.taken).toEqual([
    {
      involvedObject: {
        ...{ kind: 'Kustomization', namespace: 'apps', name: 'app', uid: 'u1', resourceVersion: '7' },
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      },
      severity: 'info',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      message: 'applied',
      reason: 'ReconciliationSucceeded',
      metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:abc', 'event.toolkit.fluxcd.io/cluster': 'prod' },
      reportingController: 'kustomize-controller',
      reportingInstance: expect.any(String) as string,
    },
  ]);
});

test('warnings are errors, and what is for Kubernetes alone is not sent', async () => {
  await using receiver = await startReceiver(202);
  await send(receiver.address, { ...note, type: 'Warning' }, { ...note, trace: true });
  expect(receiver.taken.map(({ severity }) => severity)).toEqual(['error']);
});

test.for<[string, number[], number, number]>([
  ['a server that fails is asked again', [500, 503, 202], 3, 1],
  ['one that goes on failing is given up, and the next event is tried', [500], 8, 0],
  ['a full quota is not asked again', [429], 2, 0],
  ['a refusal is not asked again', [400], 2, 0],
])('%s', async ([, codes, calls, taken]) => {
  await using receiver = await startReceiver(...codes);
  await send(receiver.address, note, ...(taken === 1 ? [] : [{ ...note, reason: 'Other' }]));
  expect([receiver.calls(), receiver.taken.length]).toEqual([calls, taken]);
});

test('nobody listening loses the event and nothing else', async () => {
  await send('http://127.0.0.1:1/', note);
});
