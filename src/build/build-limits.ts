/** What one build may cost. Repositories are written by others: without bounds a file of a kilobyte can fill the memory. */
export interface BuildLimits {
  /** Of one manifest. */
  readonly maxFileBytes: number;
  /** Of all manifests of one build. */
  readonly maxTotalBytes: number;
  /** Values of one file after anchors were expanded. */
  readonly maxNodes: number;
  /** Of nested values. */
  readonly maxDepth: number;
  /** A larger manifest is read in a thread of its own. */
  readonly maxInlineBytes: number;
  /** For reading one manifest there. */
  readonly readTimeoutMs: number;
  /** Of that thread. */
  readonly maxReadMemoryBytes: number;
  /** Of what kustomize prints. */
  readonly maxOutputBytes: number;
  /** Of kustomize's memory; kept where the system tells how much a process has (Linux). */
  readonly maxMemoryBytes: number;
  /** For one run of kustomize. */
  readonly kustomizeTimeoutMs: number;
}

export const defaultBuildLimits: BuildLimits = {
  maxFileBytes: 16 * 1024 * 1024,
  maxTotalBytes: 128 * 1024 * 1024,
  maxNodes: 1_000_000,
  maxDepth: 200,
  maxInlineBytes: 32 * 1024,
  readTimeoutMs: 120_000,
  maxReadMemoryBytes: 768 * 1024 * 1024,
  maxOutputBytes: 64 * 1024 * 1024,
  maxMemoryBytes: 2 * 1024 * 1024 * 1024,
  kustomizeTimeoutMs: 60_000,
};
