import type { ImageUpdateAutomation } from '../api/index.ts';
import { type Edit, nameOf, TagalongError } from '../core/index.ts';
import { type CommitChange, commitMessageData, parseCommitTemplate, renderTemplate, type Template } from '../template/index.ts';
import { defaultMessage, type PlannedCommit } from './automation-commits.ts';
import { stalled } from './automation-failure.ts';

/** The template of an automation's messages; null without one. @throws TagalongError that stalls the object if it cannot be used. */
export function readMessageTemplate(resource: ImageUpdateAutomation): Template | null {
  return readTemplate(resource.spec.git?.commit.messageTemplate ?? '', messageField);
}

const messageField = 'spec.git.commit.messageTemplate';

/** A template with the data of commit messages; null for an empty text. @throws TagalongError that stalls the object if it cannot be used. */
export function readTemplate(text: string, field: string): Template | null {
  if (text === '') return null;
  const parsed = parseCommitTemplate(text);
  if (parsed.kind === 'parsed') return parsed.template;
  if (parsed.kind === 'removed-field') throw stalled('RemovedTemplateField', parsed.message);
  const message = `unable to create commit message template from ${field}: ${parsed.message}; mend it`;
  throw stalled('InvalidTemplate', message);
}

/** How the message of each commit is made. `path` is the folder of the repository that file names are relative to. */
export function messageWriter(resource: ImageUpdateAutomation, path: string): (commit: PlannedCommit) => string {
  const write = templateWriter(resource, resource.spec.git?.commit.messageTemplate ?? '', messageField, path);
  if (write === null) return defaultMessage;
  return (commit) => {
    const text = write(commit);
    // A commit needs a subject; a template may find nothing to say about these changes.
    return text.trim() === '' ? defaultMessage(commit) : text;
  };
}

/** What a template of `field` says about changes; null for an empty template. */
export function templateWriter(
  resource: ImageUpdateAutomation,
  text: string,
  field: string,
  path: string,
): ((commit: Pick<PlannedCommit, 'edits'>) => string) | null {
  const template = readTemplate(text, field);
  if (template === null) return null;
  const automation = nameOf(resource);
  const values = resource.spec.git?.commit.messageTemplateValues ?? {};
  return ({ edits }) => {
    const changes = edits.map((edit) => changeOf(edit, path));
    const rendered = renderTemplate(template, commitMessageData({ automation, values, changes }));
    if (rendered.kind === 'failed') throw failed(rendered.message);
    return withoutControls(rendered.text);
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

function failed(message: string): TagalongError {
  return new TagalongError('MESSAGE_FAILED', `failed to run template from spec: ${message}`, { reason: 'GitOperationFailed' });
}
