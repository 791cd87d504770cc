/** One answered (or, for watches, begun) request. */
export interface ServedRequest {
  /** get, list, watch, create, update, patch, apply, delete, deletecollection; or the method in lower case for other paths. */
  readonly verb: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly userAgent: string;
  readonly code: number;
  /** The impersonated user, where the request named one. */
  readonly impersonatedUser?: string;
  readonly contentType?: string;
  readonly accept?: string;
}

/** Keeps the newest requests. */
export class RequestLog implements Iterable<ServedRequest> {
  readonly #limit: number;
  #entries: ServedRequest[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(request: ServedRequest): void {
    this.#entries.push(request);
    if (this.#entries.length > 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit);
  }

  get length(): number {
    return this.#entries.length;
  }

  filter(matches: (request: ServedRequest) => boolean): ServedRequest[] {
    return this.#entries.filter(matches);
  }

  clear(): void {
    this.#entries = [];
  }

  [Symbol.iterator](): Iterator<ServedRequest> {
    return this.#entries.values();
  }
}
