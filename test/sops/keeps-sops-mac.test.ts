import { expect, test } from 'vitest';
import { keepsSopsMac } from '../../src/sops/index.ts';

const enc = 'ENC[AES256_GCM,data:YQ==,iv:YQ==,tag:YQ==,type:str]';
const document = (rules: object) => ({
  kind: 'Secret',
  spec: { image: 'web:1', containers: [{ name: 'web', image: 'web:1' }] },
  data: { token: enc },
  plain_unencrypted: 'web:1',
  sops: { mac: enc, ...rules },
});
const only = { mac_only_encrypted: true };
const outside = { mac_only_encrypted: true, encrypted_regex: '^(data|stringData)$' };

test.for([
  { because: 'a file without SOPS may change anywhere', in: { spec: { image: 'a' } }, at: ['spec', 'image'], keeps: true },
  { because: 'a key named sops alone is no metadata', in: { sops: { image: 'a' } }, at: ['sops', 'image'], keeps: true },
  {
    because: 'the MAC covers unencrypted values',
    in: document({ encrypted_regex: '^data$' }),
    at: ['spec', 'image'],
    keeps: false,
  },
  { because: 'an unencrypted value outside the MAC is free', in: document(outside), at: ['spec', 'image'], keeps: true },
  {
    because: 'an item of a list is found by its index',
    in: document(outside),
    at: ['spec', 'containers', 0, 'image'],
    keeps: true,
  },
  { because: 'positions may be left out', in: document(outside), at: ['spec', 'containers', 'image'], keeps: true },
  { because: 'an encrypted value is never free', in: document(outside), at: ['data', 'token'], keeps: false },
  { because: 'nor is a new key that SOPS would have encrypted', in: document(outside), at: ['data', 'other'], keeps: false },
  { because: 'by default all is encrypted', in: document({ mac_only_encrypted: true }), at: ['spec', 'image'], keeps: false },
  { because: 'but for a suffix', in: document({ mac_only_encrypted: 'true' }), at: ['plain_unencrypted'], keeps: true },
  {
    because: 'an encrypted_suffix leaves the rest',
    in: document({ ...only, encrypted_suffix: '_secret' }),
    at: ['spec', 'image'],
    keeps: true,
  },
  {
    because: 'an unencrypted_regex names the rest',
    in: document({ ...only, unencrypted_regex: '^spec$' }),
    at: ['spec', 'image'],
    keeps: true,
  },
  {
    because: 'where comments decide, looks do',
    in: document({ ...only, encrypted_comment_regex: 'x' }),
    at: ['spec', 'image'],
    keeps: true,
  },
  { because: 'metadata are not for editing', in: document(outside), at: ['sops', 'mac'], keeps: false },
  {
    because: 'a rule that does not compile is no licence',
    in: document({ ...only, encrypted_regex: '(' }),
    at: ['spec', 'image'],
    keeps: false,
  },
])('$because', ({ in: file, at, keeps }) => {
  expect(keepsSopsMac(file, at).keeps).toBe(keeps);
});
