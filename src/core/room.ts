/** Whether there is memory to spare. While there is not, runs take turns and caches are let go: slower, and still alive. */
export interface Room {
  isEnough(): boolean;
  /** Tells of each change from now on. */
  subscribe(listener: (enough: boolean) => void): void;
}

/** For a process that nobody set a limit to, or that ends soon. */
export const endlessRoom: Room = { isEnough: () => true, subscribe() {} };
