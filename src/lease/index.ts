export {
  type ControllerGroup,
  type ControllerName,
  controllerGroups,
  controllersOf,
  parseControllerGroups,
} from './controllers.ts';
export { claimLease, decideLease, type LeaseDecision, type LeaseSight, releaseLease } from './decide-lease.ts';
export {
  describeUnelected,
  type ElectionFacts,
  electionFactsOf,
  runsUnderAnotherLease,
  runsUnelected,
} from './elections.ts';
export { LeaseError } from './error.ts';
export { assertOpen, fenceCluster } from './fence.ts';
export { LeaseHolder, type LeaseHolderOptions, type LeaseState } from './lease-holder.ts';
export { leaseName } from './lease-name.ts';
export { formatMicroTime, type LeaseRecord, leaseRef, parseLease, renderLease } from './lease-record.ts';
export { type LeaseTimes, leaseTimes } from './lease-times.ts';
export { createLeases, describePassive, type Leases, type LeasesOptions } from './leases.ts';
