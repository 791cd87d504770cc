export interface Expression {
  /** Each metric that is asked for, and the labels that choose among its series. */
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** The labels of `by`. */
  readonly grouped: readonly string[];
}

const words = new Set(['by', 'or', 'and', 'unless', 'on', 'time', 'vector', 'sum', 'max', 'min', 'count', 'absent']);
const functions = new Set(['rate', 'increase', 'histogram_quantile']);

/** The names in a PromQL expression. Only the words above are known: another function reads as a metric, which nobody exposes. */
export function readExpression(text: string): Expression {
  const grouped = [...text.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  const plain = text
    .replaceAll(/\bby \([^)]*\)/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll('"$namespace"', '""')
    .replaceAll('"$kind"', '""');
  const metrics = [...plain.matchAll(/([A-Za-z_:][\w:]*)\s*(\{(?:[^}"]|"[^"]*")*\})?/g)]
    .filter(([, name = '']) => !words.has(name) && !functions.has(name))
    .map(([, name = '', matchers = '']) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    }));
  return { metrics, grouped };
}
