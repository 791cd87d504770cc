export { ControlPlaneError, type ControlPlaneErrorCode } from './error.ts';
export { RequestLog, type ServedRequest } from './http/request-log.ts';
export { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './start-control-plane.ts';
export type { CanPull } from './workloads/simulate-workloads.ts';
