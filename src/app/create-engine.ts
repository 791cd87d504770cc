import { bucketKind, externalArtifactKind, findNotImplemented, ociRepositoryKind, type Resource } from '../api/index.ts';
import type { GroupVersionKind, KubeObject, ReadyState } from '../core/index.ts';
import { createEventRecorder, Engine, type EventRecorder } from '../engine/index.ts';
import { type ControllerGroup, controllerGroups } from '../lease/index.ts';
import { createEventForwarder } from '../notify/index.ts';
import type { AppOptions } from './options.ts';

/** The engine, with nothing registered yet. */
export function createEngine(options: AppOptions): Engine {
  const { home, clock, log, namespace, shard, onFinished, observed, controllers, room } = options;
  return new Engine({
    cluster: home,
    clock,
    log,
    recorderFor: createRecorders(options),
    refuse: (resource) => refuse(resource as Resource),
    optional: lookedUpOnly(controllers),
    ...(namespace === undefined ? {} : { namespace }),
    ...(room === undefined ? {} : { room }),
    ...(shard === undefined ? {} : { serves: ({ metadata }: KubeObject) => shard(metadata.labels ?? {}) }),
    ...(onFinished === undefined ? {} : { onFinished }),
    ...(observed === undefined ? {} : { observed }),
  });
}

/** Sources that others serve: an older Flux does not know all of them. */
function lookedUpOnly(controllers: readonly ControllerGroup[] = controllerGroups): readonly GroupVersionKind[] {
  return controllers.includes('source') ? [externalArtifactKind] : [externalArtifactKind, ociRepositoryKind, bucketKind];
}

/** Nothing is ignored in silence: what a resource asks for and is not there yet stalls it, naming the field. */
function refuse(resource: Resource): ReadyState | null {
  const gaps = findNotImplemented(resource);
  return gaps.length === 0 ? null : { status: 'False', reason: 'NotImplemented', message: gaps.join('\n') };
}

/** Events of each controller: on the API, and on to whoever notifies people. */
function createRecorders({ home, clock, log, eventsAddress, observed }: AppOptions): (component: string) => EventRecorder {
  const forwarder =
    eventsAddress === undefined || observed !== undefined ? null : createEventForwarder({ address: eventsAddress, clock, log });
  return (component) => {
    const recorder = createEventRecorder({ cluster: home, component, clock, log });
    if (forwarder === null) return recorder;
    return {
      record(resource, note) {
        recorder.record(resource, note);
        forwarder.forward(resource, note, component);
      },
      flush: async () => void (await Promise.all([recorder.flush(), forwarder.flush()])),
    };
  };
}
