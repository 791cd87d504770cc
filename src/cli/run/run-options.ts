import type { LabelTest } from '../../core/index.ts';
import type { ControllerGroup } from '../../lease/index.ts';
import type { LogLevel } from '../../log/index.ts';

/** The flags of `tagalong run`, parsed. */
export interface RunOptions {
  readonly policies?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly httpAddr?: { readonly host: string; readonly port: number };
  readonly webhookAddr?: { readonly host: string; readonly port: number };
  readonly eventsAddr?: string;
  readonly webhookAdvertise?: string;
  readonly artifactAddr?: { readonly host: string; readonly port: number };
  readonly artifactAdvertise?: string;
  readonly artifactRetentionRecords: number;
  readonly artifactRetentionTtl: number;
  readonly stateDir: string;
  readonly watchNamespace?: string;
  readonly watchLabelSelector?: { readonly text: string; readonly test: LabelTest };
  readonly controllers: readonly ControllerGroup[];
  readonly allowedPushRefs?: readonly string[];
  readonly leaderElect?: boolean;
  readonly defaultServiceAccount?: string;
  readonly crossNamespaceRefs: boolean;
  readonly guardNamespace?: string;
  readonly sigstoreTrustedRoot?: string;
  readonly sopsAgeSecret?: string;
  readonly sopsVaultConfigmap?: string;
  readonly defaultDecryptionServiceAccount?: string;
  readonly allowLoopback?: boolean;
  readonly observe?: boolean;
  readonly once?: boolean;
  readonly output: 'text' | 'json';
  readonly observeReport?: string;
  readonly logLevel: LogLevel;
  readonly logFile?: string;
}
