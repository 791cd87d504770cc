import { readdir, readFile } from 'node:fs/promises';

/** What processes had and used so far, together. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
}

const ticksPerSecond = 100;
const pageBytes = 4096;

/** From Linux's /proc. The time of children that have ended counts too: git is a part of the cost. */
export async function readUsage(pids: readonly number[]): Promise<Usage> {
  const each = await Promise.all(pids.map(readOne));
  return {
    cpuSeconds: each.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    residentMiB: each.reduce((sum, { residentMiB }) => sum + residentMiB, 0),
  };
}

async function readOne(pid: number): Promise<Usage> {
  const [stat, statm] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/statm`, 'utf8')]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const children = await Promise.all((await childrenOf(pid)).map((child) => readOne(child).catch(() => nothing)));
  return {
    cpuSeconds: ticks / ticksPerSecond + children.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    residentMiB:
      (Number(statm.split(' ')[1]) * pageBytes) / 2 ** 20 + children.reduce((sum, { residentMiB }) => sum + residentMiB, 0),
  };
}

const nothing: Usage = { cpuSeconds: 0, residentMiB: 0 };

/** A long-lived `git cat-file` belongs to whoever started it. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  return lists
    .join(' ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(Number);
}
