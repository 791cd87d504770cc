/**
 * Small durable values in the state folder, by a key of `/`-separated safe segments. A write is atomic: after a crash a
 * key holds either the old or the new value. Losing the whole folder loses speed, never truth.
 */
export interface Store {
  read(key: string): Promise<Buffer | null>;
  write(key: string, value: Buffer | string): Promise<void>;
  delete(key: string): Promise<void>;
  list(prefix: string): Promise<string[]>;
}
