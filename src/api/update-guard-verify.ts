import { z } from 'zod';
import { localReference, text } from './field.ts';
import { withRules } from './rule.ts';

const identitySchema = z
  .object({
    issuer: text('Regular expression that the OIDC issuer of the certificate matches.'),
    subject: text('Regular expression that the subject of the certificate matches.'),
  })
  .describe('Who signs without a key.');

/** One way in which an image is signed: as Flux's `spec.verify` of an OCIRepository. */
export const verifySchema = withRules(
  z.object({
    provider: z.enum(['cosign']).describe('What the signatures are made with.').default('cosign'),
    secretRef: localReference('Secret with public keys under names that end in .pub; any of them suffices.').optional(),
    matchOIDCIdentity: z.array(identitySchema).max(16).describe('Who signs without a key, any of these.').optional(),
    trustedRootSecretRef: localReference(
      'Secret with trusted_root.json: the authorities, and the logs, that are trusted for keyless signatures.',
    ).optional(),
    trustedRootConfigMapRef: localReference('ConfigMap with trusted_root.json, in place of a Secret.').optional(),
  }),
  'How an image is signed.',
  [
    {
      rule: 'has(self.secretRef) != has(self.matchOIDCIdentity)',
      message: 'exactly one of secretRef and matchOIDCIdentity must be set',
      holds: ({ secretRef, matchOIDCIdentity }) => (secretRef === undefined) !== (matchOIDCIdentity === undefined),
    },
    {
      rule: '!has(self.matchOIDCIdentity) || has(self.trustedRootSecretRef) != has(self.trustedRootConfigMapRef)',
      message: 'matchOIDCIdentity needs a trusted root: exactly one of trustedRootSecretRef and trustedRootConfigMapRef',
      holds: ({ matchOIDCIdentity, trustedRootSecretRef, trustedRootConfigMapRef }) =>
        matchOIDCIdentity === undefined || (trustedRootSecretRef === undefined) !== (trustedRootConfigMapRef === undefined),
    },
  ],
);

export type VerifySpec = z.output<typeof verifySchema>;
