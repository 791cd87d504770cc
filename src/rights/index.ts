export { findMissingRights, type MissingRightsOptions } from './find-missing-rights.ts';
export { describeRight, type Right, type RightsWanted, requiredRights } from './required-rights.ts';
