import { TagalongError } from './error.ts';

/** Whether labels satisfy a selector. */
export type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

/** Objects by anchored regular expressions (the first five) and by selectors, as kustomize writes a target. */
export interface TargetSelector {
  readonly group?: string | undefined;
  readonly version?: string | undefined;
  readonly kind?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly annotationSelector?: string | undefined;
}

const requirementGrammar =
  /^\s*(?:(?<negated>!)\s*(?<absent>[^\s!=,()]+)|(?<key>[^\s!=,()]+)(?:\s*(?<operator>==|=|!=|>|<)\s*(?<value>[^\s!=,()<>]*)|\s+(?<set>in|notin)\s*\((?<values>[^()]*)\))?)\s*$/;
const keyGrammar = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const valueGrammar = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Reads a selector as `kubectl -l` takes it: `app=web,tier in (a, b),!canary`; an empty one takes everything. Throws `BAD_SELECTOR`
 * where that is not the grammar.
 */
export function parseLabelSelector(text: string): LabelTest {
  const tests = splitOutsideParentheses(text).map(parseRequirement);
  return (labels) => tests.every((test) => test(labels));
}

function parseRequirement(text: string): LabelTest {
  const groups = requirementGrammar.exec(text)?.groups;
  const key = groups?.['key'] ?? groups?.['absent'];
  if (groups === undefined || key === undefined || !keyGrammar.test(key)) throw unparsable(text);
  if (groups['absent'] !== undefined) return (labels) => !Object.hasOwn(labels, key);
  const { operator, value = '', set, values } = groups;
  if (set !== undefined) {
    const items = (values ?? '').split(',').map((item) => item.trim());
    return setTest(key, set === 'in' ? 'in' : 'notin', items);
  }
  if (operator === undefined) return (labels) => Object.hasOwn(labels, key);
  if (!valueGrammar.test(value)) throw unparsable(text);
  return operatorTest(key, operator, value);
}

/** `key in (…)` and `key notin (…)`; the latter holds also where the label is missing. */
export function setTest(key: string, set: 'in' | 'notin', values: readonly string[]): LabelTest {
  const wanted = new Set(values);
  if (set === 'in') return (labels) => Object.hasOwn(labels, key) && wanted.has(labels[key] ?? '');
  return (labels) => !Object.hasOwn(labels, key) || !wanted.has(labels[key] ?? '');
}

function operatorTest(key: string, operator: string, value: string): LabelTest {
  if (operator === '!=') return (labels) => !Object.hasOwn(labels, key) || labels[key] !== value;
  if (operator === '>') return (labels) => Object.hasOwn(labels, key) && Number(labels[key]) > Number(value);
  if (operator === '<') return (labels) => Object.hasOwn(labels, key) && Number(labels[key]) < Number(value);
  return (labels) => Object.hasOwn(labels, key) && labels[key] === value;
}

function splitOutsideParentheses(text: string): string[] {
  const parts = text.split(/,(?![^(]*\))/);
  return parts.filter((part) => part.trim() !== '');
}

function unparsable(text: string): TagalongError {
  const message = `unable to parse requirement: ${JSON.stringify(text)} is not a label selector requirement`;
  return new TagalongError('BAD_SELECTOR', message, { retry: 'never' });
}
