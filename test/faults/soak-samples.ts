import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Round } from './round.ts';

/** What the bot takes at a moment. */
export interface Sample {
  readonly atMs: number;
  readonly residentMiB: number;
  readonly handles: number;
  readonly stateMiB: number;
  /** Files of objects that are in no pack. */
  readonly looseObjects: number;
  readonly packs: number;
  /** To the API and git since the sample before. */
  readonly requestsPerBump: number;
}

export function takeSample({ bot, stateFolder }: Round, atMs: number, requestsPerBump: number): Sample {
  const files = listFiles(stateFolder);
  return {
    atMs,
    residentMiB: bot.residentBytes() / 2 ** 20,
    handles: readdirSync(`/proc/${bot.pid}/fd`).length,
    stateMiB: files.reduce((sum, file) => sum + sizeOf(file), 0) / 2 ** 20,
    looseObjects: files.filter((file) => /\/objects\/[0-9a-f]{2}\/[0-9a-f]{38}$/.test(file)).length,
    packs: files.filter((file) => file.endsWith('.pack')).length,
    requestsPerBump,
  };
}

/** The processor time of the bot itself, without the git that it starts. */
export function readCpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return []; // something in it was moved while it was listed: the next sample sees it
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
