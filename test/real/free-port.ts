import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below Linux' range for outgoing connections, so that no connection of another test takes the port in between.
const lowest = 12_000;
const highest = 32_000;

/** A port of 127.0.0.1 on which nothing listened a moment ago; several test runs may share a machine. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(lowest, highest);
    if (await canListen(port)) return port;
  }
  throw new Error(`looked for a free port between ${lowest} and ${highest} on 127.0.0.1: a hundred tries found none`);
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
