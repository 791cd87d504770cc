import type { Clock, Cluster, LabelTest, Log, NamespacedName, Room } from '../core/index.ts';
import type { FinishedRun, Observed } from '../engine/index.ts';
import type { ControllerGroup, Leases } from '../lease/index.ts';
import type { DecryptionTools, PlannedBump, RolloutProgress } from '../reconcilers/index.ts';
import type { Retention } from '../source/index.ts';

/** What the bot works on and with. */
export interface AppOptions {
  /** Where the resources live. */
  readonly home: Cluster;
  /** Where what they describe is applied; the same cluster, or another behind `routeByGroup`. */
  readonly target: Cluster;
  readonly stateFolder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly namespace?: string;
  /** Only objects whose labels pass are served; the others belong to other shards. Absent = all. */
  readonly shard?: LabelTest;
  /** Serve the archives of sources there; absent = no archives are made. */
  readonly artifacts?: {
    readonly host: string;
    readonly port: number;
    readonly advertise?: string;
    readonly retention?: Retention;
  };
  /** While there is no memory to spare, objects run one at a time and caches are let go. Absent = there always is. */
  readonly room?: Room;
  readonly onFinished?: (run: FinishedRun) => void;
  /** Nothing is done and nothing is written anywhere but in the state folder: it is told what each run would do. */
  readonly observed?: Observed;
  /** With `observed`: told what each automation would commit. */
  readonly onPlanned?: (planned: PlannedBump) => void;
  /** Told of what became of Rollouts and how long it took. */
  readonly onRollout?: (progress: RolloutProgress) => void;
  /** Send events on to there too, as Flux's controllers do. */
  readonly eventsAddress?: string;
  /** Listen for webhooks there; absent = nowhere. */
  readonly webhooks?: { readonly host: string; readonly port: number; readonly baseUrl?: string };
  /** Told of each request to a registry. */
  readonly onRegistryRequest?: (request: { readonly registry: string; readonly code: string }) => void;
  /** Told of each answer to a webhook. */
  readonly onWebhook?: (status: number) => void;
  /** The parts that run; absent = all. */
  readonly controllers?: readonly ControllerGroup[];
  /** Refs that automations may push, as globs of full names (`refs/heads/*`); absent = all. */
  readonly allowedPushRefs?: readonly string[];
  /** A kind is written only while the Lease of its controller is held; absent = nobody else writes. */
  readonly leases?: Leases;
  /** Whether addresses of this machine may be spoken to where others wrote them; absent: unless `self` says that this is a pod. */
  readonly allowLoopback?: boolean;
  /** Addresses that nothing which somebody else wrote may lead to, such as the API server's; other clusters are not meant. */
  readonly forbiddenAddresses?: readonly string[];
  /** Where this process runs in `target`; never deleted by it. */
  readonly self?: { readonly namespace: string; readonly deployment?: string };
  /** Where the UpdateGuards live that bind every namespace; default flux-system. */
  readonly guardNamespace?: string;
  /** What tenants may do. */
  readonly tenancy?: Tenancy;
  /** A ConfigMap with Sigstore's `trusted_root.json`, for OCIRepositories that name no root of trust. */
  readonly trustedRoot?: NamespacedName;
  /** Keys and identities for decryption beside those that a Kustomization names. */
  readonly decryption?: Omit<DecryptionTools, 'fetch'>;
}

/** What binds everybody who may write objects but is not trusted with the cluster. */
export interface Tenancy {
  /** Applies for Kustomizations that name no ServiceAccount; one of their own namespace. */
  readonly defaultServiceAccount?: string;
  /** Nobody uses a source of another namespace. */
  readonly noCrossNamespaceRefs?: boolean;
}
