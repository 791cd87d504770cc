export { PoliciesError } from './error.ts';
export { locateProblems } from './locate-problems.ts';
export { describeProblems, type Policies, type PolicyObject, readPolicies, readPolicyText } from './read-policies.ts';
export { createPoliciesSync, type PoliciesSync, type SyncResult } from './sync-policies.ts';
export { watchFolder } from './watch-folder.ts';
