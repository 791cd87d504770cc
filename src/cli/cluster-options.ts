import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDurationMs } from '../core/index.ts';
import { CliError } from './error.ts';

/** Where to look, given before or behind the command's name. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly timeoutMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Adds the options that every command takes that talks to a cluster. */
export function addClusterOptions(command: Command): Command {
  for (const option of clusterOptions()) command.addOption(option);
  return command;
}

/** Lets the commands between the program and its leaves take these options too, without a word in their help. */
export function addHiddenClusterOptions(group: Command): void {
  for (const command of group.commands) {
    if (command.commands.length === 0) continue;
    for (const option of clusterOptions()) command.addOption(option.hideHelp());
    addHiddenClusterOptions(command);
  }
}

function clusterOptions(): Option[] {
  return [
    new Option(
      '--kubeconfig <file>',
      'kubeconfig of the cluster (default: $KUBECONFIG, ~/.kube/config, or the pod that this runs in)',
    ),
    new Option('--context <name>', 'context of the kubeconfig; `get` takes several, with commas (default: its current one)'),
    new Option('-n, --namespace <name>', 'namespace (default: $FLUX_SYSTEM_NAMESPACE, or flux-system)'),
    new Option('--timeout <duration>', 'how long to wait (default: 5m)').argParser(parseDuration),
    new Option('--verbose', 'show where an error comes from').hideHelp(),
  ];
}

/** The value nearest to the command counts; then the environment; then the defaults. */
export function clusterOptionsOf(command: Command, environment: Environment): ClusterOptions {
  const kubeconfig = nearest<string>(command, 'kubeconfig');
  const context = nearest<string>(command, 'context');
  const namespace = nearest<string>(command, 'namespace') ?? (environment['FLUX_SYSTEM_NAMESPACE'] || 'flux-system');
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace))
    throw new CliError('USAGE', `${JSON.stringify(namespace)} cannot be the name of a namespace`);
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    namespace,
    timeoutMs: nearest<number>(command, 'timeout') ?? 300_000,
  };
}

/** A Go duration in milliseconds; for `argParser`. */
export function parseDuration(text: string): number {
  const durationMs = parseDurationMs(text);
  if (durationMs === null || durationMs === 0) throw new InvalidArgumentError('Give a duration such as 30s, 5m or 1h30m.');
  return durationMs;
}

function nearest<Value>(command: Command, name: string): Value | undefined {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const value = at.opts()[name] as Value | undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}
