import { expect, test } from 'vitest';
import { redactRevealed } from '../../src/decrypt/index.ts';

test.for([
  { because: 'as it is', secret: 'hunter22', text: 'value "hunter22" is bad', says: 'value "[redacted]" is bad' },
  { because: 'in base64', secret: 'hunter22', text: 'data aHVudGVyMjI= is bad', says: 'data [redacted] is bad' },
  { because: 'what base64 hides', secret: 'aHVudGVyMjI=', text: 'password hunter22', says: 'password [redacted]' },
  {
    because: 'escaped as in JSON',
    secret: 'say "hi"\nthere',
    text: String.raw`{"a":"say \"hi\"\nthere"}`,
    says: '{"a":"[redacted]"}',
  },
  { because: 'one of its lines', secret: 'first line\n  second line\n', text: 'near "second line"', says: 'near "[redacted]"' },
  { because: 'the longest first', secret: 'abcdef', text: 'abcdef', says: '[redacted]' },
  { because: 'what is too short says nothing', secret: 'a', text: 'a banana', says: 'a banana' },
])('$because', ({ secret, text, says }) => {
  expect(redactRevealed(text, new Set(['abcd', secret]))).toBe(says);
});
