/** How a bump lands: pushed onto the branch that is updated, or offered as a pull request. */
export type Delivery = 'Push' | 'PullRequest';

/** What is done where a bump makes its workloads ill. */
export type OnUnhealthy = 'Notify' | 'Rollback' | 'Ignore';
