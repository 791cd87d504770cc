import { type Command, Option } from 'commander';
import { addExamples } from './help.ts';
import type { LintOptions } from './lint/lint.ts';
import type { LintFormat } from './lint/print-findings.ts';
import type { Session } from './session.ts';

interface ParsedOptions extends Omit<LintOptions, 'format'> {
  readonly format: LintFormat;
  readonly output?: 'json';
}

/** `lint`: checks a folder of manifests without a cluster. */
export function addLintCommand(program: Command, session: Session): void {
  const command = program
    .command('lint')
    .description('check the markers, policies, references and secrets of a folder; no cluster is asked')
    .argument('[path]', 'folder of manifests', '.')
    .option('--policies <dir>', 'another folder with resources that this one refers to')
    .option('--warn-only', 'exit with 0 whatever is found')
    .option('-n, --namespace <name>', 'namespace of objects that name none (default: default)')
    .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json', 'sarif', 'github']).default('text'))
    .addOption(new Option('-o, --output <format>', 'the same as --format json').choices(['json']));
  addExamples(command, [
    'lint',
    'lint clusters/ --policies policies/',
    'lint --format github',
    'lint --format sarif > lint.sarif',
  ]);
  command.action(async (path: string, { output, ...options }: ParsedOptions) => {
    const { lint } = await import('./lint/lint.ts');
    await lint(path, { ...options, format: output ?? options.format }, session);
  });
}
