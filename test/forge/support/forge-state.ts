import { type BareRepository, openBareRepository } from './bare-repository.ts';

/** One request as every forge keeps it, whatever its API calls the fields. */
export interface StandInRequest {
  readonly number: number;
  title: string;
  body: string;
  readonly branch: string;
  base: string;
  state: 'open' | 'closed' | 'merged';
  head: string;
  closedBy: string | null;
  readonly comments: string[];
  /** Set by an order to merge once checks let it. */
  scheduled: { readonly head: string; readonly method: 'merge' | 'squash' | 'rebase' } | null;
}

/** A refusal as the API words it. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** What a forge knows of one repository. The git host serves the same folder. */
export interface ForgeState {
  readonly repository: BareRepository;
  readonly requests: StandInRequest[];
  /** Merges wait for checks; otherwise there is nothing to wait for. */
  hasChecks: boolean;
  open(from: { branch: string; base: string; title: string; body: string }): Promise<StandInRequest>;
  find(number: number): Promise<StandInRequest>;
  /** All, newest first, with the heads that their branches have now. */
  list(): Promise<StandInRequest[]>;
  /** As a person does it on the page of the request. */
  closeBy(number: number, who: string): Promise<void>;
  reopen(number: number): Promise<void>;
  merge(number: number, method: 'merge' | 'squash' | 'rebase', head?: string): Promise<void>;
}

export function createForgeState(bareFolder: string, headRef: (number: number) => string): ForgeState {
  const repository = openBareRepository(bareFolder);
  const requests: StandInRequest[] = [];
  const refresh = async (request: StandInRequest) => {
    if (request.state !== 'open') return request;
    const head = await repository.head(request.branch);
    if (head === null)
      request.state = 'closed'; // as forges do when a branch goes
    else if (head !== request.head) await repository.setRef(headRef(request.number), head);
    request.head = head ?? request.head;
    return request;
  };
  const find = async (number: number) => {
    const request = requests.find((one) => one.number === number);
    if (request === undefined) throw new Refusal(404, 'Not Found');
    return refresh(request);
  };
  const state: ForgeState = {
    repository,
    requests,
    hasChecks: false,
    find,
    async open({ branch, base, title, body }) {
      const head = await repository.head(branch);
      if (head === null) throw new Refusal(422, `head ${branch} is not there`);
      for (const one of requests) await refresh(one);
      if (requests.some((one) => one.state === 'open' && one.branch === branch && one.base === base))
        throw new Refusal(422, `A pull request already exists for ${branch}`);
      const request: StandInRequest = {
        ...{ number: requests.length + 1, title, body, branch, base, head, state: 'open' },
        ...{ closedBy: null, comments: [], scheduled: null },
      };
      requests.push(request);
      await repository.setRef(headRef(request.number), head);
      return request;
    },
    async list() {
      for (const one of requests) await refresh(one);
      return requests.toReversed();
    },
    async closeBy(number, who) {
      const request = await find(number);
      request.state = 'closed';
      request.closedBy = who;
    },
    async reopen(number) {
      const request = await find(number);
      request.state = 'open';
      request.closedBy = null;
    },
    async merge(number, method, head) {
      const request = await find(number);
      if (request.state !== 'open') throw new Refusal(405, 'Pull Request is not mergeable');
      if (head !== undefined && head !== request.head)
        throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
      await repository.merge(request.base, request.head, method);
      request.state = 'merged';
    },
  };
  return state;
}
