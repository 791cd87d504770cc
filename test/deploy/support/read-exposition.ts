/** The labels that the series of each metric have. */
export type Exposition = ReadonlyMap<string, ReadonlySet<string>>;

/** The series of Prometheus' text format; a metric without any series is none. */
export function readExposition(text: string): Exposition {
  const told = new Map<string, Set<string>>();
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    const known = told.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label);
    told.set(name, known);
  }
  return told;
}
