import { expect, test } from 'vitest';
import { productVersion } from '../../src/api/index.ts';
import { runInProcess, runTagalong } from './support/run-tagalong.ts';

test('--version prints the version alone', async () => {
  expect(await runTagalong(['--version'])).toEqual({ code: 0, stdout: `${productVersion}\n`, stderr: '' });
});

test('--help names every command and the exit codes, and is what was asked for', async () => {
  const { code, stdout, stderr } = await runTagalong(['--help']);
  const commands = ['run', 'demo', 'get', 'watch', 'explain', 'update', 'reconcile', 'suspend', 'resume', 'release', 'confirm'];
  const missing = [...commands.map((name) => `\n  ${name} `), 'Exit codes:'].filter((part) => !stdout.includes(part));
  expect({ code, stderr, missing }).toEqual({ code: 0, stderr: '', missing: [] });
});

const commands = [
  ['run'],
  ['demo'],
  ['get'],
  ['get', 'all'],
  ['get', 'sources', 'git'],
  ['get', 'kustomizations'],
  ['get', 'images', 'all'],
  ['get', 'images', 'update'],
  ['get', 'holds'],
  ['watch'],
  ['explain', 'policy'],
  ['update'],
  ['reconcile', 'source', 'git'],
  ['reconcile', 'kustomization'],
  ['suspend', 'image', 'policy'],
  ['resume', 'image', 'repository'],
  ['release'],
  ['confirm', 'prune'],
];

test.for(commands)('the help of %s %s %s has examples and the exit codes', async (words) => {
  const command = Array.isArray(words) ? words : [words];
  const { code, stdout } = await runInProcess([...command, '--help']);
  expect({ code, examples: stdout.includes('Examples:\n  tagalong '), codes: stdout.includes('Exit codes:') }).toEqual({
    code: 0,
    examples: true,
    codes: true,
  });
});

test.for([
  { because: 'an unknown command', args: ['frobnicate'], says: "unknown command 'frobnicate'" },
  {
    because: 'an unknown kind',
    args: ['get', 'pods'],
    says: 'these are known: all, sources, images, kustomizations',
  },
  {
    because: 'an unknown kind of a group',
    args: ['get', 'images', 'x'],
    says: 'these are known: all, repository, policy, update',
  },
  { because: 'a mistyped kind', args: ['reconcile', 'kustomisation'], says: '(Did you mean kustomization?)\nthese are known' },
  {
    because: 'a hold on a range that is none',
    args: ['hold', 'web', '--range', 'not a range'],
    says: '--range "not a range": improper',
  },
  {
    because: 'every mistake of a hold',
    args: ['hold', 'web', '--digest', 'x', '--until', 'soon'],
    says: '64 hexadecimal digits; --until "soon" is not a time',
  },
  {
    because: 'a folder of policies that is not there',
    args: ['run', '--policies', '/nope'],
    says: '--policies /nope: there is no such',
  },
  {
    because: 'a state folder where none can be',
    args: ['run', '--policies', 'policies', '--state-dir', '/proc/x/y'],
    says: '--state-dir /proc/x/y: there is no such file or folder',
  },
  {
    because: 'a file that is not there',
    args: ['explain', 'policy', 'web', '-f', '/nope', '--tags-file', '/nope'],
    says: '/nope: there is no such file',
  },
  { because: 'an unknown option', args: ['get', 'all', '--frob'], says: "unknown option '--frob'" },
  { because: 'an option without its value', args: ['update', '--policies', 'x'], says: "'--path <dir>'" },
  { because: 'a timeout that is none', args: ['get', 'all', '--timeout', 'soon'], says: '30s, 5m' },
  { because: 'an output format that is none', args: ['get', 'all', '-o', 'xml'], says: 'json, yaml' },
  { because: 'a namespace that cannot be one', args: ['get', 'all', '-n', '../x'], says: 'cannot be the name of a namespace' },
  { because: 'a name that is missing', args: ['reconcile', 'kustomization'], says: "missing required argument 'name'" },
  { because: 'names and --all', args: ['suspend', 'kustomization', 'a', '--all'], says: 'not both' },
  { because: 'neither names nor --all', args: ['resume', 'kustomization'], says: '--all' },
  { because: 'no kubeconfig', args: ['get', 'all'], says: 'no kubeconfig found' },
  { because: 'a kubeconfig that is not there', args: ['--kubeconfig', '/nonexistent/x', 'get', 'all'], says: '/nonexistent/x' },
  { because: 'a commit that is none', args: ['release', 'web', '--commit', 'HEAD'], says: 'seven hexadecimal digits' },
])('$because ends with 2 and says so on stderr', async ({ args, says }) => {
  const { code, stdout, stderr } = await runInProcess(args);
  expect({ code, stdout, says: stderr.includes(says) ? says : stderr, mark: stderr.startsWith('✗ ') }).toEqual({
    code: 2,
    stdout: '',
    says,
    mark: true,
  });
});

test('an error shows where it comes from only with --verbose', async () => {
  const plain = await runInProcess(['get', 'all']);
  const verbose = await runInProcess(['get', 'all', '--verbose']);
  expect([plain, verbose].map(({ stderr }) => /\n\s+at /.test(stderr))).toEqual([false, true]);
});
