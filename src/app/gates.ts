import { type Cluster, type Gate, observingGate, openGate } from '../core/index.ts';
import type { Registration } from '../engine/index.ts';
import { type ControllerName, fenceCluster } from '../lease/index.ts';
import type { AppOptions } from './options.ts';

/** Open while the Lease of the controller is held, or where nobody else writes. */
export function gateOf({ leases }: Pick<AppOptions, 'leases'>, controller: ControllerName): Gate {
  return leases?.gateOf(controller) ?? openGate;
}

/** What is asked before each write. */
export function writeGateOf(options: Pick<AppOptions, 'leases' | 'observed'>, controller: ControllerName): Gate {
  return options.observed === undefined ? gateOf(options, controller) : observingGate;
}

/** Whoever only observes gets no write through, whatever part of it attempts one. */
export function fenceObserver(options: AppOptions): AppOptions {
  const { home, target } = options;
  return { ...options, home: fenceCluster(home, observingGate), target: fenceCluster(target, observingGate) };
}

/** A kind is registered under the Flux controller it belongs to: its name in events, its Lease, its field manager. */
export function registrationOf(options: AppOptions, component: ControllerName): Registration & { readonly cluster: Cluster } {
  const gate = gateOf(options, component);
  return { component, statusManager: component, gate, cluster: fenceCluster(options.home, gate) };
}
