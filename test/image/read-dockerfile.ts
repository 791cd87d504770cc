export interface Instruction {
  readonly name: string;
  readonly args: string;
}

/** The instructions of each stage, its FROM first; comments left out and continued lines joined. */
export function readStages(text: string): Instruction[][] {
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n');
  const stages: Instruction[][] = [];
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const [, name = '', args = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, args });
  }
  return stages;
}

/** The variables of an ENV instruction; a value in quotes may hold spaces. */
export function readEnvironment(args: string): Record<string, string> {
  const pairs = args.matchAll(/([^\s=]+)=(?:"([^"]*)"|(\S*))/g);
  return Object.fromEntries([...pairs].map(([, name = '', quoted, bare = '']) => [name, quoted ?? bare]));
}
