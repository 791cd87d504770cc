import { readDotenv, writeDotenv } from './dotenv.ts';
import { SopsError } from './error.ts';
import { readIni } from './read-ini.ts';
import { readJson } from './read-json.ts';
import { readYaml } from './read-yaml.ts';
import { type SopsDocument, takeMetadata } from './take-metadata.ts';
import { type Branch, type Entry, isComment, textOf } from './tree.ts';
import { writeIni } from './write-ini.ts';
import { writeJson } from './write-json.ts';
import { writeYaml } from './write-yaml.ts';

export type SopsFormat = 'yaml' | 'json' | 'dotenv' | 'ini' | 'binary';

const names: Readonly<Record<SopsFormat, string>> = {
  yaml: 'YAML',
  json: 'JSON',
  dotenv: 'dotenv',
  ini: 'INI',
  binary: 'binary',
};

export function nameOfFormat(format: SopsFormat): string {
  return names[format];
}

const extensions: readonly (readonly [RegExp, SopsFormat])[] = [
  [/\.ya?ml$/, 'yaml'],
  [/\.json$/, 'json'],
  [/\.env$/, 'dotenv'],
  [/\.ini$/, 'ini'],
  [/^\.dockerconfigjson$/, 'json'],
];

/** By the name of a file, or of a key of a Secret; `binary` for names that say nothing. */
export function formatOfName(path: string): SopsFormat {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return extensions.find(([pattern]) => pattern.test(name))?.[1] ?? 'binary';
}

const markers: Readonly<Record<SopsFormat, string>> = {
  json: '"mac": "ENC[',
  dotenv: 'sops_mac=ENC[',
  yaml: 'mac: ENC[',
  ini: '[sops]',
  binary: '"mac": "ENC[',
};

/** Whether a text looks like one that sops encrypted in this format; cheap, and the same test that Flux makes. */
export function isMarked(bytes: Buffer, format: SopsFormat): boolean {
  return bytes.includes(markers[format]);
}

/** The format that a text is encrypted in, by its looks; null for a text that is not. */
export function detectFormat(bytes: Buffer): SopsFormat | null {
  return (['json', 'dotenv', 'yaml', 'ini'] as const).find((format) => isMarked(bytes, format)) ?? null;
}

/** Reads an encrypted text. Throws NOT_SOPS, METADATA_INVALID or DOCUMENT_INVALID. */
export function readDocument(bytes: Buffer, format: SopsFormat): SopsDocument {
  const text = textOf(bytes);
  if (typeof text !== 'string') throw new SopsError('DOCUMENT_INVALID', `not ${nameOfFormat(format)}: it is not UTF-8`);
  switch (format) {
    case 'yaml':
      return takeMetadata(readYaml(text), 'nested');
    case 'json':
    case 'binary':
      return takeMetadata(readJson(text), 'nested');
    case 'dotenv':
      return takeMetadata(readDotenv(text), 'flat prefix');
    case 'ini':
      return takeMetadata(readIni(text), 'flat section');
    default:
      return format satisfies never;
  }
}

/** Prints a decrypted document as `sops -d` would. Throws DOCUMENT_INVALID for what has no place in the format. */
export function writeDocument(branches: readonly Branch[], format: SopsFormat): Buffer {
  switch (format) {
    case 'yaml':
      return writeYaml(branches);
    case 'json':
      return writeJson(branches);
    case 'dotenv':
      return writeDotenv(branches);
    case 'ini':
      return writeIni(branches);
    case 'binary':
      return writeBinary(branches);
    default:
      return format satisfies never;
  }
}

/** What sops keeps of a file that it knows nothing of. */
function writeBinary([branch]: readonly Branch[]): Buffer {
  const data = branch?.entries.find((entry): entry is Entry => !isComment(entry) && entry.key === 'data')?.value;
  if (typeof data === 'string') return Buffer.from(data);
  if (typeof data === 'object' && data?.kind === 'raw text') return data.bytes;
  throw new SopsError('DOCUMENT_INVALID', 'it has no text `data`, where sops keeps the content of a binary file');
}
