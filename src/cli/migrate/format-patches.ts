import { unifiedDiff } from '../unified-diff.ts';
import type { PlannedCommit, PlannedFile } from './planned-commit.ts';

export interface PatchAuthor {
  readonly name: string;
  readonly email: string;
}

/** The commits as a mailbox, the form that `git am` takes and `git format-patch` writes. */
export function formatPatches(commits: readonly PlannedCommit[], author: PatchAuthor, at: Date): string {
  return commits.map((commit, index) => formatPatch(commit, `${index + 1}/${commits.length}`, author, at)).join('\n');
}

function formatPatch({ subject, body, files, next }: PlannedCommit, number: string, author: PatchAuthor, at: Date): string {
  return [
    `From ${'0'.repeat(40)} Mon Sep 17 00:00:00 2001`,
    `From: ${author.name} <${author.email}>`,
    `Date: ${at.toUTCString().replace('GMT', '+0000')}`,
    `Subject: [PATCH ${number}] ${subject}`,
    ...['', body, '', `Then: ${next}`, '---', ''],
    ...files.map(formatFile),
    '-- ',
    'tagalong migrate',
    '',
  ].join('\n');
}

function formatFile({ path, before, after }: PlannedFile): string {
  const [head = '', ...hunks] = unifiedDiff(path, before ?? '', after ?? '').split(/(?<=^\+\+\+ [^\n]*)\n/m);
  const [from = '', to = ''] = head.split('\n');
  const mode = before === null ? ['new file mode 100644'] : after === null ? ['deleted file mode 100644'] : [];
  return [
    `diff --git a/${path} b/${path}`,
    ...mode,
    before === null ? '--- /dev/null' : from,
    after === null ? '+++ /dev/null' : to,
    ...hunks,
  ].join('\n');
}
