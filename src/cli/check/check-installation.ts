import { partOfLabel, productVersion } from '../../api/index.ts';
import type { Cluster, KubeObject } from '../../core/index.ts';
import {
  type ControllerGroup,
  controllerGroups,
  controllersOf,
  describeUnelected,
  parseControllerGroups,
  runsUnelected,
} from '../../lease/index.ts';
import { bad, type Finding, good, note, warning } from './finding.ts';

/** A Deployment that serves kinds, Flux's or ours. */
export interface FoundDeployment {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly account: string;
  readonly replicas: number;
  readonly ready: number;
  /** The parts that it runs, of a tagalong; null for one of Flux. */
  readonly controllers: readonly ControllerGroup[] | null;
}

export interface Installation {
  readonly deployments: readonly FoundDeployment[];
}

interface DeploymentFields {
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly spec: {
        readonly serviceAccountName?: string;
        readonly containers: readonly {
          readonly image?: string;
          readonly args?: readonly string[];
          readonly command?: readonly string[];
        }[];
      };
    };
  };
  readonly status?: { readonly readyReplicas?: number };
}

/** The Deployments of a namespace that belong to an installation of Flux or of tagalong. */
export async function findInstallation(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<Installation> {
  const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
  const { items } = await cluster.list(kind, { namespace, labelSelector: `${partOfLabel}=flux`, signal });
  return { deployments: items.map(readDeployment) };
}

function readDeployment(object: KubeObject): FoundDeployment {
  const { spec, status } = object as KubeObject & DeploymentFields;
  const { serviceAccountName = 'default', containers } = spec.template.spec;
  const [{ image = '', args = [], command = [] } = {}] = containers;
  const words = [...command, ...args];
  return {
    ...{
      name: object.metadata.name,
      namespace: object.metadata.namespace ?? '',
      image,
      args: words,
      account: serviceAccountName,
    },
    ...{ replicas: spec.replicas ?? 1, ready: status?.readyReplicas ?? 0 },
    controllers: words.includes('run') ? controllersIn(words) : null,
  };
}

function controllersIn(words: readonly string[]): readonly ControllerGroup[] {
  const given = words.find((word) => word.startsWith('--controllers='))?.slice('--controllers='.length);
  try {
    return given === undefined ? controllerGroups : parseControllerGroups(given);
  } catch {
    return controllerGroups;
  }
}

export function checkInstallation({ deployments }: Installation, namespace: string): Finding[] {
  const ours = deployments.filter(({ controllers }) => controllers !== null);
  const none = note(`no Deployment of tagalong in namespace ${namespace}: it runs outside of the cluster, or not at all`);
  return [
    ...(ours.length === 0 ? [none] : []),
    ...deployments.flatMap((one) => [...describeDeployment(one), ...checkElection(one)]),
  ];
}

function describeDeployment({ name, image, replicas, ready, controllers }: FoundDeployment): Finding[] {
  const parts = controllers === null ? '' : `, runs ${controllers.join(', ')}`;
  if (replicas === 0) return [note(`${name}: scaled to 0 (${image})`)];
  if (ready === 0) return [bad(`${name}: none of its ${replicas} replicas is ready (${image}${parts})`)];
  const version = image.includes(':') ? image.slice(image.lastIndexOf(':') + 1) : '';
  const isOther = controllers !== null && version !== '' && version.replace(/^v/, '') !== productVersion;
  const other = isOther
    ? [warning(`${name} runs ${version}, and this is ${productVersion}: its definitions and rights may differ`)]
    : [];
  return [good(`${name}: ${ready} of ${replicas} ready (${image}${parts})`), ...other];
}

const replaced = new Set<string>(controllersOf(controllerGroups));

/** A Flux controller without a Lease never lets go: its kinds would have two writers. */
function checkElection(found: FoundDeployment): Finding[] {
  if (found.controllers !== null || !replaced.has(found.name) || !runsUnelected(found)) return [];
  return [bad(describeUnelected(found.name))];
}
