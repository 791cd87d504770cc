import { TagalongError } from '../core/index.ts';

/**
 * - LEASE_NOT_HELD: a write was refused because another process holds, or may hold, the Lease of what it concerns.
 * - LEASE_UNREADABLE: the Lease is there and says something that is no Lease.
 * - OBSERVES_ONLY: a write was refused because this process only observes.
 * - UNKNOWN_CONTROLLER: the parts of the bot that were asked for are not there, or cannot be run apart.
 */
export class LeaseError extends TagalongError<'LEASE_NOT_HELD' | 'LEASE_UNREADABLE' | 'OBSERVES_ONLY' | 'UNKNOWN_CONTROLLER'> {}
