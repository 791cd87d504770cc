/** What one artifact may cost, whoever made it. */
export interface ArchiveLimits {
  /** Of the archive as it is sent. */
  readonly maxArchiveBytes: number;
  /** Of everything in it. */
  readonly maxContentBytes: number;
  readonly maxFiles: number;
}

export const defaultArchiveLimits: ArchiveLimits = {
  maxArchiveBytes: 128 * 1_048_576,
  maxContentBytes: 512 * 1_048_576,
  maxFiles: 100_000,
};
