import { supersededPrefix } from '../../reconcilers/index.ts';
import type { Session } from '../session.ts';
import type { RequestTarget } from './open-request-target.ts';
import { readRequestCommits } from './own-commits.ts';

/**
 * Closes a request that has nothing to bring any more, and takes its branch away; the branch of one that was merged goes too. What others
 * committed to stays. A sentence for each thing that was done or left.
 */
export async function clearRequest(target: RequestTarget, session: Session): Promise<string[]> {
  const { mirror, forge, branch, standing, requests } = target;
  const [newest] = requests;
  if (standing === null) return [];
  if (newest?.state === 'merged' && newest.head === standing) {
    await mirror.deleteBranch(branch, standing, session.signal);
    return [`${forge.describe(newest.number)} is merged; branch ${branch} is gone`];
  }
  const open = requests.filter(({ state }) => state === 'open');
  if ((await readRequestCommits(target)).kind === 'foreign')
    return open.map(
      ({ number }) => `${forge.describe(number)} has nothing to bring any more, and commits of others: it is left open`,
    );
  for (const { number, title, body } of open) {
    if (!title.startsWith(supersededPrefix))
      await forge.edit(number, { title: `${supersededPrefix}${title}`, body }, session.signal);
    await forge.close(number, 'Closed by tagalong: there is nothing to land any more.', session.signal);
  }
  // What a person closed may be opened again by them, as long as its branch is there.
  if (newest?.state !== 'closed') await mirror.deleteBranch(branch, standing, session.signal);
  return open.map(({ number }) => `${forge.describe(number)} closed: there is nothing to land any more`);
}
