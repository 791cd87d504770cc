/** Whether this process may write now: in a cluster a Lease decides, elsewhere it always may. */
export interface Gate {
  /** Asked right before each write; true only while the right to write certainly lasts. */
  isOpen(): boolean;
  /** Tells of each opening and closing from now on. */
  subscribe(listener: (open: boolean) => void): void;
}

/** For a process that shares nothing with anybody. */
export const openGate: Gate = { isOpen: () => true, subscribe() {} };
