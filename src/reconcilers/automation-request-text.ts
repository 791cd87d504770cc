import { type ImageUpdateAutomation, pullRequestBodyAnnotation, pullRequestTitleAnnotation } from '../api/index.ts';
import { type Edit, formatKey, type NamespacedName } from '../core/index.ts';
import type { PlannedCommit } from './automation-commits.ts';
import { readTemplate, templateWriter, type Wording } from './automation-message.ts';

/** The words of a request. */
export interface RequestText {
  readonly title: string;
  readonly body: string;
}

const titleAtMost = 200;
const rowsAtMost = 200;

/** @throws TagalongError that stalls the object if a template of a title or a body cannot be used */
export function checkRequestTemplates({ metadata }: ImageUpdateAutomation): void {
  for (const annotation of [pullRequestTitleAnnotation, pullRequestBodyAnnotation])
    readTemplate(metadata.annotations?.[annotation] ?? '', `annotation ${annotation}`);
}

/** By the templates of the automation, else with a title that names what moves and a table of the changes. */
export async function describeRequest(
  resource: ImageUpdateAutomation | null,
  edits: readonly Edit[],
  { path, renderer, closing = describeFollowing(edits) }: RequestWording,
): Promise<RequestText> {
  const annotations = resource?.metadata.annotations ?? {};
  const commit: Pick<PlannedCommit, 'edits'> = { edits };
  const write = async (annotation: string) => {
    const text = annotations[annotation] ?? '';
    if (resource === null) return '';
    return (await templateWriter(resource, text, `annotation ${annotation}`, { path, renderer })?.(commit)) ?? '';
  };
  const [title = ''] = (await write(pullRequestTitleAnnotation)).trim().split('\n');
  const body = (await write(pullRequestBodyAnnotation)).trim();
  return { title: cut(title) || titleOf(edits), body: body === '' ? [tableOf(edits), '', ...closing].join('\n') : body };
}

/** What a request says beside its changes. */
export interface RequestWording extends Wording {
  /** Lines below the table: what becomes of the request, and what closing it means. */
  readonly closing?: readonly string[];
}

function titleOf(edits: readonly Edit[]): string {
  const policies = new Map(edits.map(({ marker }) => [formatKey(marker.policy), marker.policy]));
  const [only, ...others] = [...policies.values()];
  if (only === undefined || others.length > 0) return `Update ${policies.size} images`;
  const values = new Set(edits.map(({ after, marker }) => (marker.part === 'image' ? tagOf(after) : after)));
  const [value, ...more] = [...values];
  return cut(more.length === 0 && value !== undefined ? `Update ${only.name} to ${value}` : `Update ${only.name}`);
}

/** `registry:5000/web:1.1.0@sha256:…` → `1.1.0`. */
function tagOf(image: string): string {
  const [name = ''] = image.split('@', 1);
  return name.slice(name.lastIndexOf('/') + 1).split(':')[1] ?? name;
}

function describeFollowing(edits: readonly Edit[]): string[] {
  const policies = new Map(edits.map(({ marker }) => [formatKey(marker.policy), marker.policy]));
  return [
    'This request follows newer picks by itself, as long as nobody else commits to its branch.',
    `Closing it without merging holds these versions until a newer one is picked, or until ${describeReleases([...policies.values()])}.`,
  ];
}

/** Markdown with a row for each change, text of others in code spans. */
function tableOf(edits: readonly Edit[]): string {
  const rows = edits.slice(0, rowsAtMost).map(({ marker, before, after }) => {
    const cells = [marker.policy.name, `${marker.file}:${marker.line}`, before, after];
    return `| ${cells.map((cell) => codeSpan(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  });
  const more = edits.length > rows.length ? [`… and ${edits.length - rows.length} more`] : [];
  return [
    'What the image policies picked:',
    '',
    '| policy | file | from | to |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...more,
  ].join('\n');
}

function describeReleases(policies: readonly NamespacedName[]): string {
  const commands = policies.slice(0, 5).map(({ name, namespace }) => codeSpan(`tagalong release ${name} -n ${namespace}`));
  return `${commands.join(', ')}${policies.length > commands.length ? ' and so on' : ''} lets them go on`;
}

/** Text of others as Markdown shows it and nothing else: no links, mentions, images or HTML come alive in it. */
export function codeSpan(text: string): string {
  const clean = text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .trim();
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = clean.startsWith('`') || clean.endsWith('`') || clean === '' ? ' ' : '';
  return `${fence}${space}${clean}${space}${fence}`;
}

function cut(title: string): string {
  return title.length <= titleAtMost ? title : `${title.slice(0, titleAtMost - 1)}…`;
}
