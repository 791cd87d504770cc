/**
 * ok: the command did what it was asked, whether or not anything had to change. failed: something could not be done; stderr says what.
 * usage: the command line, or a file it names, is not valid; nothing was done.
 */
export const exitCode = { ok: 0, failed: 1, usage: 2 } as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Shown below every help text. */
export const exitCodeHelp = `
Exit codes:
  0  done, whether or not anything had to change
  1  something could not be done; stderr says what
  2  the command line, or a file it names, is not valid; nothing was done`;
