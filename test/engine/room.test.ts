import { expect, test } from 'vitest';
import type { Room } from '../../src/core/index.ts';
import { done, start, startEngine, thing } from './support/start-engine.ts';
import { settle } from './support/stopped-clock.ts';

/** Room that the test gives and takes. */
function createRoom(): Room & { set(enough: boolean): Promise<void> } {
  const listeners: ((enough: boolean) => void)[] = [];
  let isEnough = true;
  return {
    isEnough: () => isEnough,
    subscribe: (listener) => void listeners.push(listener),
    set(enough) {
      isEnough = enough;
      for (const listener of listeners) listener(enough);
      return settle();
    },
  };
}

/** Five objects whose runs end one by one as the test says. */
async function startFive(room: Room) {
  const running: (() => void)[] = [];
  const names = ['a', 'b', 'c', 'd', 'e'];
  const t = await startEngine(
    names.map((name) => thing(name)),
    { engine: { room }, registration: { concurrency: 3 } },
  );
  t.runs(async () => {
    await new Promise<void>((resolve) => running.push(resolve));
    return done;
  });
  const end = async () => {
    running.shift()?.();
    await settle();
  };
  return { t, running, end, [Symbol.asyncDispose]: () => stopAll(running, t) };
}

async function stopAll(running: (() => void)[], t: AsyncDisposable): Promise<void> {
  const stopped = t[Symbol.asyncDispose]();
  for (const end of running) end();
  await stopped;
}

test('with room, as many objects run at once as the kind allows', async () => {
  await using five = await startFive(createRoom());
  await start(five.t);
  expect(five.running).toHaveLength(3);
});

test('without room one object runs at a time, and every one has its turn', async () => {
  const room = createRoom();
  await room.set(false);
  await using five = await startFive(room);
  await start(five.t);
  for (let round = 0; round < 5; round += 1) {
    expect(five.running).toHaveLength(1);
    await five.end();
  }
  expect(five.t.finished.map(({ key }) => key).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'].map((name) => `default/${name}`));
});

test('what runs when the room goes is left to end, and nothing starts meanwhile', async () => {
  const room = createRoom();
  await using five = await startFive(room);
  await start(five.t);
  await room.set(false);
  await five.end();
  await five.end();
  expect(five.running).toHaveLength(1);
});

test('when there is room again, what waited starts at once', async () => {
  const room = createRoom();
  await room.set(false);
  await using five = await startFive(room);
  await start(five.t);
  await room.set(true);
  expect(five.running).toHaveLength(3);
});

test('what is due later starts at its time without room too', async () => {
  const room = createRoom();
  await room.set(false);
  await using t = await startEngine([thing('a')], { engine: { room } });
  await start(t);
  await t.clock.advance(3_600_000);
  expect(t.count('a')).toBe(2);
});
