/** How often each thing happened. */
export type Counts = Readonly<Record<string, number>>;

export function countBy(words: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** What came between two counts. */
export function growthOf(before: Counts, after: Counts): Counts {
  const grown = Object.entries(after).map(([word, count]) => [word, count - (before[word] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

export function describeCounts(counts: Counts): string {
  const words = Object.entries(counts).map(([word, count]) => `${count} ${word}`);
  return words.length === 0 ? 'none' : words.join(', ');
}
