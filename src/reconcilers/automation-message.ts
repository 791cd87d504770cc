import type { ImageUpdateAutomation } from '../api/index.ts';
import { type Edit, nameOf, TagalongError } from '../core/index.ts';
import type { Renderer } from '../render/index.ts';
import { type CommitChange, parseCommitTemplate, type Template } from '../template/index.ts';
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

/** What templates are rendered with: their text is somebody else's. */
export interface Wording {
  /** The folder of the repository that file names are relative to. */
  readonly path: string;
  readonly renderer: Renderer;
}

/** How the message of each commit is made. */
export function messageWriter(resource: ImageUpdateAutomation, wording: Wording): (commit: PlannedCommit) => Promise<string> {
  const write = templateWriter(resource, resource.spec.git?.commit.messageTemplate ?? '', messageField, wording);
  if (write === null) return async (commit) => defaultMessage(commit);
  return async (commit) => {
    const text = await write(commit);
    // A commit needs a subject; a template may find nothing to say about these changes.
    return text.trim() === '' ? defaultMessage(commit) : text;
  };
}

/** What a template of `field` says about changes; null for an empty template. */
export function templateWriter(
  resource: ImageUpdateAutomation,
  text: string,
  field: string,
  { path, renderer }: Wording,
): ((commit: Pick<PlannedCommit, 'edits'>) => Promise<string>) | null {
  if (readTemplate(text, field) === null) return null;
  const automation = nameOf(resource);
  const values = resource.spec.git?.commit.messageTemplateValues ?? {};
  return async ({ edits }) => {
    const changes = edits.map((edit) => changeOf(edit, path));
    const rendered = await renderer.render({ text, facts: { automation, values, changes } });
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
