import type { Asked } from './ask.ts';
import { deployment, image, marker } from './manifest.ts';
import { bot, type Repository } from './repository.ts';

/** What somebody did with git, which tag is asked for afterwards, and what history has to say. */
export interface Story {
  readonly name: string;
  readonly tell: (repository: Repository) => Outcome;
}

interface Outcome extends Asked {
  readonly tag: string;
  /** As `inWords` writes it. */
  readonly says: string;
}

const web = (tag: string, service = {}) => ({ 'web.yaml': deployment(tag, service) });

/** 1.0.0, bumped to 1.1.0. */
function bumped(repository: Repository): string {
  repository.commit('Add web', web('1.0.0'));
  return repository.bump('Bump web to 1.1.0', web('1.1.0'));
}

function revert(repository: Repository, commit: string): string {
  repository.git('revert', '--no-edit', commit);
  return repository.head();
}

function bumpedAndReverted(repository: Repository): string {
  return revert(repository, bumped(repository));
}

const straight: Story[] = [
  {
    name: 'a tag that was never written is free',
    tell: (repository) => {
      bumped(repository);
      return { tag: '1.2.0', says: 'free' };
    },
  },
  {
    name: 'git revert of a bump holds it',
    tell: (repository) => ({ says: `held by ${bumpedAndReverted(repository)}`, tag: '1.1.0' }),
  },
  {
    name: 'a newer tag is free after a revert',
    tell: (repository) => {
      bumpedAndReverted(repository);
      return { tag: '1.2.0', says: 'free' };
    },
  },
  {
    name: 'a revert holds below later commits to the same file and others',
    tell: (repository) => {
      const reverted = bumpedAndReverted(repository);
      repository.commit('More replicas', web('1.0.0', { replicas: 3 }));
      repository.commit('Something else', { 'other.yaml': 'a: b\n' });
      return { tag: '1.1.0', says: `held by ${reverted}` };
    },
  },
  {
    name: 'a hand edit back to the older version holds',
    tell: (repository) => {
      bumped(repository);
      return { tag: '1.1.0', says: `held by ${repository.commit('back', web('1.0.0', { replicas: 4 }))}` };
    },
  },
  {
    name: 'a hand edit to a version without order holds',
    tell: (repository) => {
      bumped(repository);
      return { tag: '1.1.0', says: `held by ${repository.commit('debug', web('my-branch-build'))}` };
    },
  },
  {
    name: 'a hand edit to a newer version is no hold of the one before',
    tell: (repository) => {
      bumped(repository);
      return { tag: '1.1.0', says: `freed by ${repository.commit('ahead', web('1.5.0'))}` };
    },
  },
  {
    name: 'a revert by the author of the bot holds',
    tell: (repository) => {
      bumped(repository);
      return { tag: '1.1.0', says: `held by ${repository.commit('Revert "Bump web"', web('1.0.0'), bot)}` };
    },
  },
  {
    name: 'our own rollback, with our trailer, holds',
    tell: (repository) => {
      bumped(repository);
      return { tag: '1.1.0', says: `held by ${repository.bump('Roll back web', web('1.0.0'))}` };
    },
  },
  {
    name: 'a body that quotes our reason frees nothing',
    tell: (repository) => {
      bumped(repository);
      const quoting = 'Revert\n\nTagalong-Automation: test/a/b\nTagalong-Reason: policy\n\nwas what it said before.\n';
      return { tag: '1.1.0', says: `held by ${repository.commit(quoting, web('1.0.0'))}` };
    },
  },
  {
    name: 'the policy narrowed and widened again is no hold',
    tell: (repository) => {
      bumped(repository);
      return { tag: '1.1.0', says: `freed by ${repository.bump('Bump web to 1.0.0', web('1.0.0'), 'policy')}` };
    },
  },
  {
    name: 'a revert stays one when the policy is narrowed and widened after it',
    tell: (repository) => {
      const reverted = bumpedAndReverted(repository);
      repository.bump('Bump web to 0.9.0', web('0.9.0'), 'policy');
      return { tag: '1.1.0', says: `held by ${reverted}` };
    },
  },
  {
    name: 'a revert of the revert frees the version, should it be left for a newer one',
    tell: (repository) => {
      revert(repository, bumpedAndReverted(repository));
      return { tag: '1.1.0', says: `freed by ${repository.bump('Bump web to 1.2.0', web('1.2.0'))}` };
    },
  },
  {
    name: 'a release lands the bump, and what follows decides',
    tell: (repository) => {
      bumpedAndReverted(repository);
      repository.bump('Bump web to 1.1.0', web('1.1.0'));
      return { tag: '1.1.0', says: `freed by ${repository.bump('Bump web to 1.0.0', web('1.0.0'), 'policy')}` };
    },
  },
  {
    name: 'a second revert after a release holds again',
    tell: (repository) => {
      bumpedAndReverted(repository);
      const released = repository.bump('Bump web to 1.1.0', web('1.1.0'));
      return { tag: '1.1.0', says: `held by ${revert(repository, released)}` };
    },
  },
  {
    name: 'the head after the revert of the revert needs no bump',
    tell: (repository) => {
      const again = revert(repository, bumpedAndReverted(repository));
      return { tag: '1.1.0', says: `freed by ${again}` };
    },
  },
  {
    name: 'reverts of two bumps, newest first, hold both',
    tell: (repository) => {
      const first = bumped(repository);
      const second = repository.bump('Bump web to 1.2.0', web('1.2.0'));
      revert(repository, second);
      return { tag: '1.1.0', says: `held by ${revert(repository, first)}` };
    },
  },
  {
    name: 'two bumps taken back by one commit hold the newer',
    tell: (repository) => {
      bumped(repository);
      repository.bump('Bump web to 1.2.0', web('1.2.0'));
      repository.git('revert', '--no-commit', 'HEAD', 'HEAD~1');
      return { tag: '1.2.0', says: `held by ${repository.commit('Take back both')}` };
    },
  },
  {
    name: 'history without trailers, as Flux writes it, holds the same',
    tell: (repository) => {
      const fluxcd = { name: 'fluxcdbot', email: 'flux@example.com' };
      repository.commit('Add web', web('1.0.0'));
      const bump = repository.commit('Automated image update\n\n[ci skip]', web('1.1.0'), fluxcd);
      return { tag: '1.1.0', says: `held by ${revert(repository, bump)}` };
    },
  },
  {
    name: 'an older tag re-released under its name is still held',
    tell: (repository) => {
      repository.commit('Add web', web('1.1.0'));
      const back = repository.commit('Back', web('1.0.0'));
      repository.commit('Sideways', web('1.0.1'));
      return { tag: '1.1.0', says: `held by ${back}` };
    },
  },
];

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

const values: Story[] = [
  {
    name: 'a revert of a new digest of the same tag holds that digest',
    tell: (repository) => {
      repository.commit('Add web', web(`latest@${digest('a')}`));
      const bump = repository.bump('New digest', web(`latest@${digest('b')}`), 'policy');
      return { tag: `latest@${digest('b')}`, says: `held by ${revert(repository, bump)}` };
    },
  },
  {
    name: 'a further digest of the same tag is free',
    tell: (repository) => {
      repository.commit('Add web', web(`latest@${digest('a')}`));
      revert(repository, repository.bump('New digest', web(`latest@${digest('b')}`), 'policy'));
      return { tag: `latest@${digest('c')}`, says: 'free' };
    },
  },
  {
    name: 'a tag that was pushed anew with another digest is another value',
    tell: (repository) => {
      repository.commit('Add web', web(`1.0.0@${digest('a')}`));
      revert(repository, repository.bump('Bump', web(`1.1.0@${digest('b')}`)));
      return { tag: `1.1.0@${digest('c')}`, says: 'free' };
    },
  },
  {
    name: 'a digest beside a tag takes its direction from the tag',
    tell: (repository) => {
      const pair = (tag: string, letter: string) => ({
        'kustomization.yaml': `images:\n  - name: web\n    newTag: ${tag}${marker('web', ':tag')}\n    digest: ${digest(letter)}${marker('web', ':digest')}\n`,
      });
      repository.commit('Add', pair('1.0.0', 'a'));
      const onward = repository.commit('By hand', pair('1.1.0', 'b'));
      const asked = { file: 'kustomization.yaml', part: 'digest', newValue: digest('a') } as const;
      return { tag: '', ...asked, says: `freed by ${onward}` };
    },
  },
  {
    name: 'a digest beside a tag is held when the pair goes back',
    tell: (repository) => {
      const pair = (tag: string, letter: string) => ({
        'kustomization.yaml': `images:\n  - name: web\n    newTag: "${tag}"${marker('web', ':tag')}\n    digest: ${digest(letter)}${marker('web', ':digest')}\n`,
      });
      repository.commit('Add', pair('1.0.0', 'a'));
      const back = revert(repository, repository.bump('Bump', pair('1.1.0', 'b')));
      return { tag: '', file: 'kustomization.yaml', part: 'digest', newValue: digest('b'), says: `held by ${back}` };
    },
  },
  {
    name: 'a reference that was split into a name and a tag keeps its past',
    tell: (repository) => {
      const values = (text: string) => ({ 'values.yaml': text });
      repository.commit('Add', values(`image: ${image('1.0.0')}${marker('web')}\n`));
      const back = revert(repository, repository.bump('Bump', values(`image: ${image('1.1.0')}${marker('web')}\n`)));
      repository.commit('Split', values(`repository: example.com/web\ntag: 1.0.0${marker('web', ':tag')}\n`));
      return { tag: '', file: 'values.yaml', part: 'tag', newValue: '1.1.0', says: `held by ${back}` };
    },
  },
];

const units: Story[] = [
  {
    name: 'of several services in a commit only the reverted one is held',
    tell: (repository) => {
      twoServices(repository, '1.0.0', '1.0.0');
      twoServices(repository, '1.1.0', '1.1.0');
      const back = twoServices(repository, '1.0.0', '1.1.0');
      return { tag: '1.1.0', file: 'both.yaml', policy: 'web', says: `held by ${back}` };
    },
  },
  {
    name: 'of several services in a commit the others stay free',
    tell: (repository) => {
      twoServices(repository, '1.0.0', '1.0.0');
      twoServices(repository, '1.1.0', '1.1.0');
      twoServices(repository, '1.0.0', '1.1.0');
      return { tag: '1.2.0', file: 'both.yaml', policy: 'api', says: 'free' };
    },
  },
  {
    name: 'a revert of one service beneath a bump of another holds',
    tell: (repository) => {
      twoServices(repository, '1.0.0', '1.0.0');
      const bump = twoServices(repository, '1.1.0', '1.0.0');
      repository.bump('Bump api', { 'both.yaml': both('1.1.0', '1.1.0') });
      return { tag: '1.1.0', file: 'both.yaml', says: `held by ${revert(repository, bump)}` };
    },
  },
  {
    name: 'two policies that swap values in one file are told apart',
    tell: (repository) => {
      twoServices(repository, '1.1.0', '1.0.0');
      const swap = twoServices(repository, '1.0.0', '1.1.0');
      return { tag: '1.1.0', file: 'both.yaml', policy: 'web', says: `held by ${swap}` };
    },
  },
  {
    name: 'one of two objects of a policy that goes back holds that object',
    tell: (repository) => {
      shared(repository, '1.0.0', '1.0.0');
      shared(repository, '1.1.0', '1.1.0');
      const back = shared(repository, '1.0.0', '1.1.0');
      return {
        tag: '',
        file: 'shared.yaml',
        object: 'one',
        newValue: image('1.1.0', 'one'),
        policy: 'web',
        says: `held by ${back}`,
      };
    },
  },
  {
    name: 'an object renamed in the same commit is still found by the values of its policy',
    tell: (repository) => {
      repository.commit('Add', web('1.0.0'));
      repository.bump('Bump', web('1.1.0'));
      const renamed = deployment('1.0.0').replace('name: web\n', 'name: frontend\n');
      return { tag: '1.1.0', says: `held by ${repository.commit('Rename and go back', { 'web.yaml': renamed })}` };
    },
  },
  {
    name: 'another API version of an object is the same unit',
    tell: (repository) => {
      const back = bumpedAndReverted(repository);
      repository.commit('Newer API', { 'web.yaml': deployment('1.0.0').replace('apps/v1', 'apps/v2') });
      return { tag: '1.1.0', says: `held by ${back}` };
    },
  },
  {
    name: 'a marker that is removed with its value and added again at the older one is no hold',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.commit('No automation', { 'web.yaml': deployment('1.0.0').replace(marker('web'), '') });
      repository.commit('Automation again', web('1.0.0'));
      return { tag: '1.1.0', says: `freed by ${bump}` };
    },
  },
  {
    name: 'a revert is remembered across a removed marker',
    tell: (repository) => {
      const back = bumpedAndReverted(repository);
      repository.commit('No automation', { 'web.yaml': deployment('1.0.0').replace(marker('web'), '') });
      repository.commit('Automation again', web('1.0.0'));
      return { tag: '1.1.0', says: `held by ${back}` };
    },
  },
  {
    name: 'a revert in two commits, the first of which left conflict marks, holds',
    tell: (repository) => {
      bumped(repository);
      repository.commit('Oops', { 'web.yaml': `<<<<<<< HEAD\n${deployment('1.1.0')}=======\n${deployment('1.0.0')}>>>>>>> x\n` });
      return { tag: '1.1.0', says: `held by ${repository.commit('Mend', web('1.0.0'))}` };
    },
  },
  {
    name: 'a file that was deleted and restored keeps its past',
    tell: (repository) => {
      const back = bumpedAndReverted(repository);
      repository.git('rm', '--quiet', 'web.yaml');
      revert(repository, repository.commit('Delete'));
      return { tag: '1.1.0', says: `held by ${back}` };
    },
  },
];

function both(webTag: string, apiTag: string): string {
  return `${deployment(webTag)}---\n${deployment(apiTag, { name: 'api' })}`;
}

function twoServices(repository: Repository, webTag: string, apiTag: string): string {
  return repository.commit(`web ${webTag} api ${apiTag}`, { 'both.yaml': both(webTag, apiTag) });
}

function shared(repository: Repository, one: string, two: string): string {
  const text = `${deployment(one, { name: 'one', policy: 'web' })}---\n${deployment(two, { name: 'two', policy: 'web' })}`;
  return repository.commit(`one ${one} two ${two}`, { 'shared.yaml': text });
}

const moves: Story[] = [
  {
    name: 'a revert is found before a rename',
    tell: (repository) => {
      const back = bumpedAndReverted(repository);
      repository.git('mv', 'web.yaml', 'frontend.yaml');
      repository.commit('Rename');
      return { tag: '1.1.0', file: 'frontend.yaml', says: `held by ${back}` };
    },
  },
  {
    name: 'a revert is found before two renames and edits between them',
    tell: (repository) => {
      const back = bumpedAndReverted(repository);
      repository.git('mv', 'web.yaml', 'frontend.yaml');
      repository.commit('Rename');
      repository.commit('Edit', { 'frontend.yaml': deployment('1.0.0', { replicas: 5 }) });
      repository.write({ 'apps/frontend.yaml': deployment('1.0.0', { replicas: 7 }) });
      repository.git('rm', '--quiet', 'frontend.yaml');
      repository.commit('Move and edit');
      return { tag: '1.1.0', file: 'apps/frontend.yaml', says: `held by ${back}` };
    },
  },
  {
    name: 'a rename that goes back at the same time holds',
    tell: (repository) => {
      bumped(repository);
      repository.git('mv', 'web.yaml', 'frontend.yaml');
      const back = repository.commit('Rename and go back', { 'frontend.yaml': deployment('1.0.0') });
      return { tag: '1.1.0', file: 'frontend.yaml', says: `held by ${back}` };
    },
  },
  {
    name: 'a moved directory keeps each environment apart: the one that was reverted',
    tell: (repository) => {
      const back = environments(repository);
      return { tag: '1.1.0', file: 'environments/production/web.yaml', says: `held by ${back}` };
    },
  },
  {
    name: 'a moved directory keeps each environment apart: the one that was not',
    tell: (repository) => {
      environments(repository);
      const onward = repository.git('log', '-1', '--format=%H', '--grep=Onward');
      return { tag: '1.1.0', file: 'environments/staging/web.yaml', says: `freed by ${onward}` };
    },
  },
  {
    name: 'an object split off into a file of its own keeps its past',
    tell: (repository) => {
      twoServices(repository, '1.1.0', '1.0.0');
      const back = twoServices(repository, '1.0.0', '1.0.0');
      repository.commit('Split', { 'both.yaml': deployment('1.0.0', { name: 'api' }), 'web.yaml': deployment('1.0.0') });
      return { tag: '1.1.0', says: `held by ${back}` };
    },
  },
  {
    name: 'an object that joins an existing file keeps its past',
    tell: (repository) => {
      repository.commit('Add api', { 'both.yaml': deployment('1.0.0', { name: 'api' }) });
      const back = bumpedAndReverted(repository);
      repository.git('rm', '--quiet', 'web.yaml');
      repository.commit('Join', { 'both.yaml': both('1.0.0', '1.0.0') });
      return { tag: '1.1.0', file: 'both.yaml', says: `held by ${back}` };
    },
  },
  {
    name: 'a copy brings the past of its model along',
    tell: (repository) => {
      const back = bumpedAndReverted(repository);
      repository.commit('Copy', { 'copy/web.yaml': deployment('1.0.0') });
      return { tag: '1.1.0', file: 'copy/web.yaml', says: `held by ${back}` };
    },
  },
  {
    name: 'a copy does not care what happens to its model afterwards',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.commit('Copy', { 'copy/web.yaml': deployment('1.1.0') });
      revert(repository, bump);
      repository.bump('Bump', { 'copy/web.yaml': deployment('1.2.0') });
      return { tag: '1.3.0', file: 'copy/web.yaml', says: 'free' };
    },
  },
  {
    name: 'production taken back leaves staging free',
    tell: (repository) => {
      const environment = (name: string, tag: string) => ({ [`${name}/web.yaml`]: deployment(tag) });
      repository.commit('Add', { ...environment('staging', '1.0.0'), ...environment('production', '1.0.0') });
      repository.bump('Bump', { ...environment('staging', '1.1.0'), ...environment('production', '1.1.0') });
      repository.commit('Back', environment('production', '1.0.0'));
      repository.commit('Staging by policy', environment('staging', '1.2.0'));
      return { tag: '1.1.0', file: 'staging/web.yaml', says: `freed by ${repository.head()}` };
    },
  },
  {
    name: 'what stood at a path before another file moved there does not count',
    tell: (repository) => {
      repository.commit('Add', { 'web.yaml': deployment('1.0.0'), 'old.yaml': deployment('1.1.0', { replicas: 9 }) });
      repository.commit('Back', { 'old.yaml': deployment('1.0.0', { replicas: 9 }) });
      repository.git('rm', '--quiet', 'old.yaml');
      repository.commit('Delete');
      repository.git('mv', 'web.yaml', 'old.yaml');
      repository.commit('Move');
      return { tag: '1.1.0', file: 'old.yaml', says: 'free' };
    },
  },
];

/** Production is reverted, then both move; returns the revert. */
function environments(repository: Repository): string {
  const files = (staging: string, production: string) => ({
    'apps/staging/web.yaml': deployment(staging),
    'apps/production/web.yaml': deployment(production),
  });
  repository.commit('Add', files('1.0.0', '1.0.0'));
  repository.bump('Bump', files('1.1.0', '1.1.0'));
  const back = repository.commit('Back', files('1.1.0', '1.0.0'));
  repository.bump('Onward', files('1.2.0', '1.0.0'));
  repository.git('rm', '--quiet', '-r', 'apps');
  repository.commit('Move', {
    'environments/production/web.yaml': deployment('1.0.0', { replicas: 2 }),
    'environments/staging/web.yaml': deployment('1.2.0', { replicas: 2 }),
  });
  return back;
}

const merges: Story[] = [
  {
    name: 'a revert on a branch merged later holds',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'fix');
      const back = revert(repository, bump);
      repository.git('checkout', '--quiet', 'main');
      repository.commit('Meanwhile', { 'other.yaml': 'a: b\n' });
      repository.git('merge', '--quiet', '--no-edit', 'fix');
      return { tag: '1.1.0', says: `held by ${back}` };
    },
  },
  {
    name: 'a revert on a branch holds when main changed the file too',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'fix');
      const back = revert(repository, bump);
      repository.git('checkout', '--quiet', 'main');
      repository.commit('Replicas', web('1.1.0', { replicas: 6 }));
      repository.git('merge', '--quiet', '--no-edit', 'fix');
      return { tag: '1.1.0', says: `held by ${back}` };
    },
  },
  {
    name: 'a squash merge of a revert holds',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'fix');
      revert(repository, bump);
      repository.git('checkout', '--quiet', 'main');
      repository.git('merge', '--quiet', '--squash', 'fix');
      return { tag: '1.1.0', says: `held by ${repository.commit('Fix (#12)')}` };
    },
  },
  {
    name: 'a merge that resolves to the old value holds',
    tell: (repository) => {
      repository.commit('Add web', web('1.0.0'));
      repository.git('checkout', '--quiet', '-b', 'side');
      repository.commit('Replicas', web('1.0.0', { replicas: 2 }));
      repository.git('checkout', '--quiet', 'main');
      repository.bump('Bump', web('1.1.0'));
      repository.git('merge', '--quiet', '--no-commit', '--no-ff', 'side');
      return { tag: '1.1.0', says: `held by ${repository.commit('Merge side', web('1.0.0', { replicas: 2 }))}` };
    },
  },
  {
    name: 'a merge that keeps only the side without the bump holds',
    tell: (repository) => {
      repository.commit('Add web', web('1.0.0'));
      repository.git('checkout', '--quiet', '-b', 'side');
      repository.commit('Other', { 'other.yaml': 'a: b\n' });
      repository.git('checkout', '--quiet', 'main');
      repository.bump('Bump', web('1.1.0'));
      repository.git('checkout', '--quiet', 'side');
      repository.git('merge', '--quiet', '--no-edit', '--strategy=ours', 'main');
      return { tag: '1.1.0', says: `held by ${repository.head()}` };
    },
  },
  {
    name: 'a merge that agrees with none of its parents holds',
    tell: (repository) => {
      bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'side');
      repository.commit('Other', { 'other.yaml': 'a: b\n' });
      repository.git('checkout', '--quiet', 'main');
      repository.commit('Else', { 'else.yaml': 'a: b\n' });
      repository.git('merge', '--quiet', '--no-commit', '--no-ff', 'side');
      return { tag: '1.1.0', says: `held by ${repository.commit('Merge side', web('1.0.0'))}` };
    },
  },
  {
    name: 'a merge of a stale branch is no hold',
    tell: (repository) => {
      bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'stale');
      repository.commit('Other', { 'other.yaml': 'a: b\n' });
      repository.git('checkout', '--quiet', 'main');
      const narrowed = repository.bump('Bump web to 1.0.0', web('1.0.0'), 'policy');
      repository.git('merge', '--quiet', '--no-edit', 'stale');
      return { tag: '1.1.0', says: `freed by ${narrowed}` };
    },
  },
  {
    name: 'a merge of a stale branch that changed other lines of the file is no hold',
    tell: (repository) => {
      bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'stale');
      repository.commit('Replicas', web('1.1.0', { replicas: 3 }));
      repository.git('checkout', '--quiet', 'main');
      const narrowed = repository.bump('Bump web to 1.0.0', web('1.0.0'), 'policy');
      repository.git('merge', '--quiet', '--no-edit', 'stale');
      return { tag: '1.1.0', says: `freed by ${narrowed}` };
    },
  },
  {
    name: 'main merged into a stale branch that becomes main is no hold',
    tell: (repository) => {
      repository.commit('Add web', web('1.0.0'));
      repository.git('checkout', '--quiet', '-b', 'stale');
      repository.commit('Other', { 'other.yaml': 'a: b\n' });
      repository.git('checkout', '--quiet', 'main');
      repository.bump('Bump', web('1.1.0'));
      const onward = repository.bump('Bump', web('1.2.0'));
      repository.git('checkout', '--quiet', 'stale');
      repository.git('merge', '--quiet', '--no-edit', 'main');
      return { tag: '1.1.0', says: `freed by ${onward}` };
    },
  },
  {
    name: 'a merge of a stale branch after a revert names the revert',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'stale');
      repository.commit('Other', { 'other.yaml': 'a: b\n' });
      repository.git('checkout', '--quiet', 'main');
      const back = revert(repository, bump);
      repository.git('merge', '--quiet', '--no-edit', 'stale');
      return { tag: '1.1.0', says: `held by ${back}` };
    },
  },
  {
    name: 'a revert on one side wins over a newer bump on the other, when the merge takes the revert',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'fix');
      const back = revert(repository, bump);
      repository.git('checkout', '--quiet', 'main');
      repository.bump('Bump', web('1.2.0'));
      repository.git('merge', '--quiet', '--no-edit', '--strategy-option=theirs', 'fix');
      return { tag: '1.1.0', says: `held by ${back}` };
    },
  },
  {
    name: 'a merge that drops a newer bump for a revert holds that bump too',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'fix');
      revert(repository, bump);
      repository.git('checkout', '--quiet', 'main');
      repository.bump('Bump', web('1.2.0'));
      repository.git('merge', '--quiet', '--no-edit', '--strategy-option=theirs', 'fix');
      return { tag: '1.2.0', says: `held by ${repository.head()}` };
    },
  },
  {
    name: 'a revert that a merge threw away does not count',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'fix');
      revert(repository, bump);
      repository.git('checkout', '--quiet', 'main');
      repository.commit('Meanwhile', { 'other.yaml': 'a: b\n' });
      repository.git('merge', '--quiet', '--no-edit', '--strategy=ours', 'fix');
      return { tag: '1.1.0', says: `freed by ${repository.bump('Bump', web('1.2.0'))}` };
    },
  },
  {
    name: 'git revert of a merge that brought the bump holds',
    tell: (repository) => {
      repository.commit('Add web', web('1.0.0'));
      repository.git('checkout', '--quiet', '-b', 'bump');
      repository.bump('Bump', web('1.1.0'));
      repository.git('checkout', '--quiet', 'main');
      repository.git('merge', '--quiet', '--no-edit', '--no-ff', 'bump');
      repository.git('revert', '--no-edit', '--mainline', '1', 'HEAD');
      return { tag: '1.1.0', says: `held by ${repository.head()}` };
    },
  },
  {
    name: 'a cherry-picked revert holds',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'release');
      const back = revert(repository, bump);
      repository.git('checkout', '--quiet', 'main');
      repository.commit('Meanwhile', { 'other.yaml': 'a: b\n' });
      repository.git('cherry-pick', '-x', back);
      return { tag: '1.1.0', says: `held by ${repository.head()}` };
    },
  },
  {
    name: 'a revert that was rebased holds',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'fix');
      revert(repository, bump);
      repository.git('checkout', '--quiet', 'main');
      repository.commit('Meanwhile', { 'other.yaml': 'a: b\n' });
      repository.git('rebase', '--quiet', 'main', 'fix');
      return { tag: '1.1.0', says: `held by ${repository.head()}` };
    },
  },
  {
    name: 'a stale branch that still has the file under its old name does not hide what happened since',
    tell: (repository) => {
      bumped(repository);
      revert(repository, repository.head());
      repository.git('checkout', '--quiet', '-b', 'stale');
      repository.commit('Replicas', web('1.0.0', { replicas: 3 }));
      repository.git('checkout', '--quiet', 'main');
      repository.bump('Release', web('1.1.0'));
      const narrowed = repository.bump('Bump web to 1.0.0', web('1.0.0'), 'policy');
      repository.git('mv', 'web.yaml', 'frontend.yaml');
      repository.commit('Rename');
      repository.git('merge', '--quiet', '--no-edit', 'stale');
      return { tag: '1.1.0', file: 'frontend.yaml', says: `freed by ${narrowed}` };
    },
  },
  {
    name: 'a revert made under the old name on a side branch holds after the rename',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'fix');
      const back = revert(repository, bump);
      repository.git('checkout', '--quiet', 'main');
      repository.git('mv', 'web.yaml', 'frontend.yaml');
      repository.commit('Rename');
      repository.git('merge', '--quiet', '--no-edit', 'fix');
      return { tag: '1.1.0', file: 'frontend.yaml', says: `held by ${back}` };
    },
  },
  {
    name: 'the checkout branch decides: a revert elsewhere is none here',
    tell: (repository) => {
      const bump = bumped(repository);
      repository.git('checkout', '--quiet', '-b', 'elsewhere');
      revert(repository, bump);
      repository.git('checkout', '--quiet', 'main');
      return { tag: '1.1.0', says: `freed by ${repository.bump('Bump', web('1.2.0'))}` };
    },
  },
];

const rewrites: Story[] = [
  {
    name: 'a reset to before the bump counts as its revert',
    tell: (repository) => {
      const lastPush = { commit: bumped(repository) };
      repository.git('reset', '--quiet', '--hard', 'HEAD~1');
      return { tag: '1.1.0', lastPush, says: 'held' };
    },
  },
  {
    name: 'a reset below several bumps of one push holds the last value',
    tell: (repository) => {
      bumped(repository);
      const lastPush = { commit: repository.bump('Bump api', { 'api.yaml': deployment('1.0.0', { name: 'api' }) }) };
      repository.git('reset', '--quiet', '--hard', 'HEAD~2');
      return { tag: '1.1.0', lastPush, says: 'held' };
    },
  },
  {
    name: 'a force-push that puts something else in place of the bump counts as its revert',
    tell: (repository) => {
      const lastPush = { commit: bumped(repository) };
      repository.git('reset', '--quiet', '--hard', 'HEAD~1');
      repository.commit('Else', web('1.0.0', { replicas: 8 }));
      return { tag: '1.1.0', lastPush, says: 'held' };
    },
  },
  {
    name: 'a reset says nothing of a newer tag',
    tell: (repository) => {
      const lastPush = { commit: bumped(repository) };
      repository.git('reset', '--quiet', '--hard', 'HEAD~1');
      return { tag: '1.2.0', lastPush, says: 'free' };
    },
  },
  {
    name: 'a rewrite after which the branch carries something newer is no revert',
    tell: (repository) => {
      const lastPush = { commit: bumped(repository) };
      repository.git('reset', '--quiet', '--hard', 'HEAD~1');
      repository.commit('Ahead', web('1.2.0'));
      return { tag: '1.1.0', lastPush, says: 'free' };
    },
  },
  {
    name: 'what happened after the rewrite decides over it',
    tell: (repository) => {
      const lastPush = { commit: bumped(repository) };
      repository.git('reset', '--quiet', '--hard', 'HEAD~1');
      repository.commit('By hand', web('1.1.0', { replicas: 2 }));
      return { tag: '1.1.0', lastPush, says: `freed by ${repository.bump('Bump', web('1.0.0'), 'policy')}` };
    },
  },
  {
    name: 'a reset is newer than what freed the version before it',
    tell: (repository) => {
      bumped(repository);
      repository.bump('Narrowed', web('1.0.0'), 'policy');
      const lastPush = { commit: repository.bump('Widened', web('1.1.0')) };
      repository.git('reset', '--quiet', '--hard', 'HEAD~1');
      return { tag: '1.1.0', lastPush, says: 'held' };
    },
  },
  {
    name: 'a last push that is still in the branch changes nothing',
    tell: (repository) => {
      const lastPush = { commit: bumped(repository) };
      repository.commit('Ahead', web('1.2.0'));
      return { tag: '1.3.0', lastPush, says: 'free' };
    },
  },
  {
    name: 'a last push that is gone everywhere leaves the question open',
    tell: (repository) => {
      repository.commit('Add web', web('1.0.0'));
      return { tag: '1.1.0', lastPush: { commit: 'd'.repeat(40) }, says: 'unreadable' };
    },
  },
  {
    name: 'a last push that is gone everywhere is remembered by its edits',
    tell: (repository) => {
      repository.commit('Add web', web('1.0.0'));
      const edits = [{ policy: { namespace: 'flux-system', name: 'web' }, part: 'image', value: image('1.1.0') }] as const;
      return { tag: '1.1.0', lastPush: { commit: 'd'.repeat(40), edits }, says: 'held' };
    },
  },
  {
    name: 'a newer tag is free where the edits of a lost push are remembered',
    tell: (repository) => {
      repository.commit('Add web', web('1.0.0'));
      const edits = [{ policy: { namespace: 'flux-system', name: 'web' }, part: 'image', value: image('1.1.0') }] as const;
      return { tag: '1.2.0', lastPush: { commit: 'd'.repeat(40), edits }, says: 'free' };
    },
  },
];

export const stories: readonly Story[] = [...straight, ...values, ...units, ...moves, ...merges, ...rewrites];
