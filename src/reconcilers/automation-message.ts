import type { ImageUpdateAutomation } from '../api/index.ts';
import { type Edit, nameOf, TagalongError } from '../core/index.ts';
import { type CommitChange, commitMessageData, parseCommitTemplate, renderTemplate, type Template } from '../template/index.ts';
import { defaultMessage, type PlannedCommit } from './automation-commits.ts';

/** The template of an automation's messages; null without one. @throws TagalongError that stalls the object if it cannot be used. */
export function readMessageTemplate(resource: ImageUpdateAutomation): Template | null {
  const text = resource.spec.git?.commit.messageTemplate ?? '';
  if (text === '') return null;
  const parsed = parseCommitTemplate(text);
  if (parsed.kind === 'parsed') return parsed.template;
  if (parsed.kind === 'removed-field') throw stalled('RemovedTemplateField', parsed.message);
  throw stalled(
    'InvalidTemplate',
    `unable to create commit message template from spec.git.commit.messageTemplate: ${parsed.message}; mend it`,
  );
}

/** How the message of each commit is made. `path` is the folder of the repository that file names are relative to. */
export function messageWriter(resource: ImageUpdateAutomation, path: string): (commit: PlannedCommit) => string {
  const template = readMessageTemplate(resource);
  if (template === null) return defaultMessage;
  const automation = nameOf(resource);
  const values = resource.spec.git?.commit.messageTemplateValues ?? {};
  return (commit) => {
    const changes = commit.edits.map((edit) => changeOf(edit, path));
    const rendered = renderTemplate(template, commitMessageData({ automation, values, changes }));
    if (rendered.kind === 'failed') throw failed(rendered.message);
    const text = withoutControls(rendered.text);
    // A commit needs a subject; a template may find nothing to say about these changes.
    return text.trim() === '' ? defaultMessage(commit) : text;
  };
}

function changeOf({ marker, before, after }: Edit, path: string): CommitChange {
  const { policy, part, object, file } = marker;
  const suffix = part === 'image' ? '' : `:${part}`;
  return {
    file: path !== '' && file.startsWith(`${path}/`) ? file.slice(path.length + 1) : file,
    object,
    before,
    after,
    setter: `${policy.namespace}:${policy.name}${suffix}`,
  };
}

/** Control and bidirectional characters would deceive whoever reads the history in a terminal; git refuses NUL. */
function withoutControls(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');
}

function stalled(reason: string, message: string): TagalongError {
  return new TagalongError(reason, message, { reason, retry: 'never' });
}

function failed(message: string): TagalongError {
  return new TagalongError('MESSAGE_FAILED', `failed to run template from spec: ${message}`, { reason: 'GitOperationFailed' });
}
