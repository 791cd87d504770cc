import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/index.ts';
import { createExpressions } from '../../src/expression/index.ts';

const expressions = createExpressions({ clock: systemClock });
afterAll(() => expressions.close());

const ask = async (text: string, values: Record<string, unknown>) =>
  (await expressions.evaluate([{ text, scope: 'object' }], values))[0];

const certificate = {
  metadata: { generation: 2 },
  spec: { replicas: 3, weight: 0.5 },
  status: { conditions: [{ type: 'Ready', status: 'True', observedGeneration: 2 }], phase: 'Running', list: ['a', 'b'] },
};

describe('an expression over an object', () => {
  test.for([
    { because: 'a field is compared', text: 'status.phase == "Running"', is: true },
    { because: 'whole numbers are int', text: 'spec.replicas == 3 && spec.replicas >= 2.5', is: true },
    { because: 'other numbers are double', text: 'spec.weight < 1.0', is: true },
    {
      because: 'conditions are filtered as in the documentation of Flux',
      text: "status.conditions.filter(e, e.type == 'Ready').all(e, e.observedGeneration == metadata.generation && e.status == 'True')",
      is: true,
    },
    { because: 'has() asks for a field', text: 'has(status.missing)', is: false },
    { because: 'optional fields have a default', text: 'status.?missing.orValue("x") == "x"', is: true },
    { because: 'the string library is there', text: '"a-b-c".replace("-", "", 1) == "ab-c" && "abc".charAt(1) == "b"', is: true },
    { because: 'texts are formatted', text: '"%s has %d".format([status.phase, spec.replicas]) == "Running has 3"', is: true },
    {
      because: 'texts are quoted',
      text: String.raw`strings.quote("a\n\"b\" \\ \a") == r'"a\n\"b\" \\ \a"'`,
      is: true,
    },
    {
      because: 'sets are compared',
      text: 'sets.contains(status.list, ["b"]) && sets.equivalent(["b", "a"], status.list)',
      is: true,
    },
    { because: 'base64 is there', text: 'base64.encode(b"a") == "YQ==" && string(base64.decode("YQ==")) == "a"', is: true },
  ])('$because: $text', async ({ text, is }) => {
    expect(await ask(text, certificate)).toEqual({ kind: 'value', value: is });
  });

  test('what is missing fails and says so', async () => {
    expect(await ask('status.missing == 1', certificate)).toEqual({
      kind: 'failed',
      because: expect.stringContaining('missing'),
    });
  });

  test('what yields no bool fails', async () => {
    expect(await ask('status.phase', certificate)).toEqual({ kind: 'failed', because: 'it yields no bool but string' });
  });
});

describe('matches() has the patterns of Go', () => {
  test.for([
    { because: 'flags stand in the pattern', text: '"RUNNING".matches("(?i)^running$")', is: true },
    { because: 'a named group is written with P', text: 'status.phase.matches("^(?P<first>R)un")', is: true },
    { because: 'POSIX classes are known', text: '"a1".matches("^[[:alpha:]][[:digit:]]$")', is: true },
    { because: 'it looks anywhere in the text', text: 'status.phase.matches("nn")', is: true },
    { because: 'a dollar is the very end of the text', text: String.raw`"a\n".matches(r"a\z")`, is: false },
    { because: 'a character beyond the plane is one', text: '"😀".matches("^.$")', is: true },
    { because: 'inside of macros too', text: 'status.list.exists(x, [x].all(y, y.matches("(?i)^A$")))', is: true },
    { because: 'inside of a choice and a map too', text: 'status.list.map(x, x.matches("(?i)B") ? 1 : 0)[1] == 1', is: true },
    { because: 'as a function too', text: 'matches(status.phase, "(?i)^RUNNING$")', is: true },
    { because: 'the pattern may be computed', text: 'status.phase.matches("(?i)" + "RUNN")', is: true },
    { because: 'thousands of ways to match take no longer', text: `"${'a'.repeat(60)}!".matches("^(a+)+$")`, is: false },
  ])('$because: $text', async ({ text, is }) => {
    expect(await ask(text, certificate)).toEqual({ kind: 'value', value: is });
  });

  test.for([
    { because: 'a look ahead', text: '"ab".matches("a(?=b)")' },
    { because: 'a reference back', text: String.raw`"aa".matches(r"(a)\1")` },
    { because: 'an open bracket', text: '"a".matches("[")' },
  ])('$because is refused', async ({ text }) => {
    expect(await ask(text, {})).toEqual({ kind: 'failed', because: expect.stringContaining('Invalid regular expression: ') });
  });
});

describe('a mistake is found without evaluating', () => {
  test.for([
    { because: 'a bracket is open', text: 'a.exists(x, x == 1', scope: 'object' as const, mistake: /Expected RPAREN/ },
    { because: 'a variable that there is not', text: 'other.spec == 1', scope: ['self', 'dep'], mistake: /other/ },
    { because: 'a text is no bool', text: '"yes"', scope: 'object' as const, mistake: /string/ },
    { because: 'nothing is wrong', text: 'self.spec == dep.spec', scope: ['self', 'dep'], mistake: null },
  ])('$because', async ({ text, scope, mistake }) => {
    const [found] = await expressions.check([{ text, scope }]);
    if (mistake === null) expect(found).toBeNull();
    else expect(found).toMatch(mistake);
  });
});

describe('an expression that takes too much', () => {
  const numbers = `[${Array.from({ length: 60 }, (_, index) => index).join(', ')}]`;
  const endless = `${numbers}.all(a, ${numbers}.all(b, ${numbers}.all(c, ${numbers}.all(d, ${numbers}.all(e, a + b + c + d + e >= 0)))))`;

  test('is ended, and the next one is answered', async () => {
    const impatient = createExpressions({ clock: systemClock, timeoutMs: 200 });
    const slow = impatient.evaluate([{ text: endless, scope: 'object' }], {});
    const next = impatient.evaluate([{ text: 'a == 1', scope: 'object' }], { a: 1 });
    expect(await slow).toEqual([{ kind: 'failed', because: 'it took more than 0.2s' }]);
    expect(await next).toEqual([{ kind: 'value', value: true }]);
    await impatient.close();
  });

  test('leaves the event loop alone meanwhile', async () => {
    const impatient = createExpressions({ clock: systemClock, timeoutMs: 500 });
    const slow = impatient.evaluate([{ text: endless, scope: 'object' }], {});
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 5);
    await slow;
    clearInterval(counting);
    expect(turns).toBeGreaterThan(5);
    await impatient.close();
  });

  test('nothing is answered after the end', async () => {
    const closed = createExpressions({ clock: systemClock });
    await closed.close();
    expect(await closed.evaluate([{ text: 'true', scope: 'object' }], {})).toEqual([
      { kind: 'failed', because: 'it was not done: shutting down' },
    ]);
  });
});
