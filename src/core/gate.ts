/** Whether this process may write now: in a cluster a Lease decides, elsewhere it always may. */
export interface Gate {
  /** Asked right before each write; true only while the right to write certainly lasts. */
  isOpen(): boolean;
  /** Tells of each opening and closing from now on. */
  subscribe(listener: (open: boolean) => void): void;
  /** Why it never opens, where it does not. */
  readonly closedBecause?: string | undefined;
}

/** For a process that only looks. */
export const observingGate: Gate = { isOpen: () => false, subscribe() {}, closedBecause: 'this process only observes' };

/** For a process that shares nothing with anybody. */
export const openGate: Gate = { isOpen: () => true, subscribe() {} };
