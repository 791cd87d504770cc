/** Variables that say how this machine reaches the network and whom it trusts; nothing else of ours reaches git. */
const machineVariables = [
  'PATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'NO_PROXY',
  'no_proxy',
];

const settings: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.quotePath', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['advice.detachedHead', 'false'],
  ['submodule.recurse', 'false'],
  ['protocol.version', '2'],
];

export type Environment = Readonly<Record<string, string>>;

/** The environment of every git process: made from nothing, no configuration of the machine or the user, no prompts, no hooks. */
export function describeEnvironment(home: string, machine: NodeJS.ProcessEnv = process.env): Environment {
  const kept = machineVariables.flatMap((name) => {
    const value = machine[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return withSettings(
    {
      ...Object.fromEntries(kept),
      HOME: home,
      XDG_CONFIG_HOME: home,
      LC_ALL: 'C',
      TZ: 'UTC',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_NO_REPLACE_OBJECTS: '1',
      GIT_LITERAL_PATHSPECS: '1',
      GIT_OPTIONAL_LOCKS: '0',
    },
    settings,
  );
}

/** The environment with more configuration: handed over in variables, since arguments can be seen by everybody on the machine. */
export function withSettings(environment: Environment, more: readonly (readonly [key: string, value: string])[]): Environment {
  const count = Number(environment['GIT_CONFIG_COUNT'] ?? '0');
  const entries = more.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${count + index}`, key],
    [`GIT_CONFIG_VALUE_${count + index}`, value],
  ]);
  return { ...environment, ...Object.fromEntries(entries), GIT_CONFIG_COUNT: String(count + more.length) };
}
