import { productVersion } from '../../api/index.ts';
import { findKustomize } from '../../build/index.ts';
import { runProgram } from '../../child/index.ts';
import { bad, type Finding, good, note } from './finding.ts';

/** The versions of what the bot runs, on this machine; in a cluster the image has its own. */
export async function checkPrograms(searchPath: string | undefined): Promise<Finding[]> {
  const [kustomize] = findKustomize(searchPath) ?? [null];
  const isKubectl = kustomize?.endsWith('kubectl') ?? false;
  return [
    good(`tagalong ${productVersion} on Node ${process.versions.node}`),
    await describeProgram('git', 'git', ['--version'], searchPath, bad('git is not on PATH: nothing can be read or committed')),
    await describeProgram(
      'kustomize',
      kustomize ?? 'kustomize',
      isKubectl ? ['version', '--client'] : ['version'],
      searchPath,
      note('kustomize is not on PATH, nor kubectl: folders with a kustomization.yaml cannot be built here'),
    ),
    await describeProgram(
      'helm',
      'helm',
      ['version', '--short'],
      searchPath,
      note('helm is not on PATH: charts cannot be installed here'),
    ),
  ];
}

async function describeProgram(
  name: string,
  program: string,
  args: readonly string[],
  searchPath: string | undefined,
  missing: Finding,
): Promise<Finding> {
  const environment = { PATH: searchPath ?? '', HOME: '/nonexistent' };
  const end = await runProgram({ program, args, environment, timeoutMs: 10_000, maxOutputBytes: 65_536 });
  if (end.kind !== 'exited' || end.code !== 0) return missing;
  const lines = end.output.toString().split('\n');
  const line = lines.find((text) => text.toLowerCase().includes(name) && /\d+\.\d+/.test(text)) ?? lines[0] ?? '';
  return good(`${name} ${/v?\d+(\.\d+)+\S*/.exec(line)?.[0] ?? line.trim()} (${program})`);
}
