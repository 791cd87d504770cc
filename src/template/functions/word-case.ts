import { lowerOf, upperOf } from './texts.ts';

interface Word {
  readonly kind: 'number' | 'upper' | 'letters' | 'connector' | 'punctuation' | 'other';
  readonly text: string;
}

const words = new RegExp(
  [
    String.raw`(?<connector>[-_\s]+)`,
    String.raw`(?<punctuation>(?:(?![-_])\p{P})+)`,
    // A run of capitals ends before the one that begins the next word.
    String.raw`(?<upper>\p{Lu}{2,}(?=\p{Lu}(?!\p{Lu})\p{L})|\p{Lu}{2,}(?!\p{L})|\p{Lu}(?:(?!\p{Lu})\p{L})+|\p{Lu})`,
    String.raw`(?<letters>(?:(?!\p{Lu})\p{L})+)`,
    String.raw`(?<number>\p{N}+)`,
    String.raw`(?<other>(?:(?![-_\s\p{P}\p{L}\p{N}])\p{Any})+)`,
  ].join('|'),
  'gu',
);

function wordsOf(text: string): Word[] {
  return [...text.matchAll(words)].map(({ groups = {} }) => {
    const [kind, found] = Object.entries(groups).find(([, value]) => value !== undefined) ?? ['other', ''];
    return { kind: kind as Word['kind'], text: found ?? '' };
  });
}

/** `FooBar99Baz` → `foo_bar99_baz`: lower-case words with the connector between them, as sprig's snakecase and kebabcase. */
export function joinWords(text: string, connector: string): string {
  return new Joiner(wordsOf(text), connector).join();
}

class Joiner {
  readonly #words: readonly Word[];
  readonly #connector: string;
  #at = 0;
  #text = '';

  constructor(wordsOfText: readonly Word[], connector: string) {
    this.#words = wordsOfText;
    this.#connector = connector;
  }

  join(): string {
    for (let word = this.#take(); word !== undefined; word = this.#take()) {
      const next = this.#words[this.#at];
      if (next === undefined || word.kind === 'connector' || word.kind === 'punctuation') continue;
      if (word.kind === 'number') this.#takeTail();
      else if (next.kind === 'number') this.#takeNumber(this.#words[this.#at + 1]);
      this.#border();
    }
    return this.#text;
  }

  #take(): Word | undefined {
    const word = this.#words[this.#at];
    if (word === undefined) return undefined;
    this.#at += 1;
    if (word.kind === 'connector') this.#text += this.#connector.repeat([...word.text].length);
    else this.#text += word.kind === 'upper' ? [...word.text].map(lowerOf).join('') : word.text;
    return word;
  }

  /** Digits stick to the word before them, or begin one with the letters behind them. */
  #takeNumber(after: Word | undefined): void {
    if (after?.kind === 'letters') this.#text += this.#connector;
    this.#take();
    if (after?.kind === 'letters') this.#takeTail();
  }

  #takeTail(): void {
    while (['letters', 'number'].includes(this.#words[this.#at]?.kind ?? '')) this.#take();
  }

  #border(): void {
    const next = this.#words[this.#at];
    if (next !== undefined && next.kind !== 'connector' && next.kind !== 'punctuation') this.#text += this.#connector;
  }
}

/** `http_server` → `HttpServer`, as sprig's camelcase: a connector goes, a second one in a row stays. */
export function pascalCase(text: string): string {
  const lead = /^[-_\s]*/.exec(text)?.[0] ?? '';
  const [first, ...rest] = text.slice(lead.length);
  // Go writes the last one of nothing but connectors twice.
  if (first === undefined) return lead + lead.slice(-1);
  let result = lead;
  let isUpperRun = isUpper(first);
  let before = upperOf(first);
  for (const character of rest) {
    let current = character;
    const isAfterConnector = isConnector(before);
    if (isAfterConnector && !isConnector(character)) {
      isUpperRun = isUpper(character);
      current = upperOf(character);
    } else if (!isAfterConnector) {
      isUpperRun = isUpperRun && isUpper(character);
      if (isUpperRun) current = lowerOf(character);
    }
    if (!isAfterConnector || isConnector(character)) result += before;
    before = current;
  }
  return result + before;
}

function isConnector(character: string): boolean {
  return /[-_\s]/.test(character);
}

function isUpper(character: string): boolean {
  return /\p{Lu}/u.test(character);
}
