import { InvalidArgumentError } from 'commander';
import { errorMessage, type LabelTest, parseLabelSelector } from '../../core/index.ts';
import { type ControllerGroup, parseControllerGroups } from '../../lease/index.ts';

/** How many records stay: one at least. */
export function parseRecords(text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number from 1 on: the current one always stays.');
}

/** `host:port`, `:port` (every address) or `[::1]:port`. */
export function parseAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new InvalidArgumentError('it has to be host:port, such as 127.0.0.1:8080 or :8080');
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

/** Full ref names with stars, separated by commas. */
export function parseGlobs(text: string): string[] {
  const globs = text.split(',').map((glob) => glob.trim());
  if (globs.every((glob) => glob.startsWith('refs/'))) return globs;
  throw new InvalidArgumentError('it has to be full ref names, separated by commas, where * stands for anything: refs/heads/*');
}

/** Parts of the bot, separated by commas. */
export function parseControllers(text: string): ControllerGroup[] {
  try {
    return parseControllerGroups(text);
  } catch (error) {
    throw new InvalidArgumentError(errorMessage(error));
  }
}

/** A label selector, with its text: Leases are named after that. */
export function parseShard(text: string): { text: string; test: LabelTest } {
  try {
    return { text, test: parseLabelSelector(text) };
  } catch (error) {
    throw new InvalidArgumentError(errorMessage(error));
  }
}

/** true or false, spelt out. */
export function parseBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('it has to be true or false');
  return text === 'true';
}

/** `https://hooks.example.com`, without the slash at its end. */
export function parseWebUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '' || url.username !== '')
    throw new InvalidArgumentError('it has to be an address such as https://hooks.example.com');
  return text.replace(/\/$/, '');
}
