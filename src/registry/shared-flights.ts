/** Work in flight, shared by everybody who asks for the same; it ends early only when all of them have left. */
export interface SharedFlights<T> {
  join(key: string, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Aborts whatever is in flight. */
  abort(reason: Error): void;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  passengers: number;
}

export function createSharedFlights<T>(): SharedFlights<T> {
  const flights = new Map<string, Flight<T>>();
  const takeOff = (key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const controller = new AbortController();
    const result = start(controller.signal).finally(() => {
      if (flights.get(key) === flight) flights.delete(key);
    });
    const flight: Flight<T> = { result, controller, passengers: 0 };
    result.catch(() => undefined); // everybody may have left
    flights.set(key, flight);
    return flight;
  };
  return {
    join: async (key, signal, start) => {
      signal?.throwIfAborted();
      const flight = flights.get(key) ?? takeOff(key, start);
      flight.passengers += 1;
      try {
        return await untilAborted(flight.result, signal);
      } finally {
        flight.passengers -= 1;
        if (flight.passengers === 0) {
          // Whoever comes now starts anew instead of boarding what is about to be aborted.
          if (flights.get(key) === flight) flights.delete(key);
          flight.controller.abort(signal?.reason);
        }
      }
    },
    abort: (reason) => {
      for (const { controller } of flights.values()) controller.abort(reason);
    },
  };
}

function untilAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
