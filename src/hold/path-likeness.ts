/** Orders paths by how alike they are to `target`, the closest first: by the words they share, then by the ends, then by name. */
export function comparePathLikeness(target: string): (a: string, b: string) => number {
  return (a, b) =>
    sharedWords(b, target) - sharedWords(a, target) ||
    sharedEnds(b, target) - sharedEnds(a, target) ||
    (a < b ? -1 : a > b ? 1 : 0);
}

function sharedWords(a: string, b: string): number {
  const words = b.split(/[/._-]/);
  let shared = 0;
  for (const word of a.split(/[/._-]/)) {
    const at = words.indexOf(word);
    if (at < 0) continue;
    words.splice(at, 1);
    shared++;
  }
  return shared;
}

function sharedEnds(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let front = 0;
  while (front < length && a[front] === b[front]) front++;
  let back = 0;
  while (back < length - front && a.at(-1 - back) === b.at(-1 - back)) back++;
  return front + back;
}
