export { type AdmitDeps, admit, type ReceiverSecret, tokenScope } from './admit.ts';
export { branchHints } from './branch-hints.ts';
export type { AcceptedCall, Call, Refusal, Verdict } from './call.ts';
export { type CallLimit, createCallLimit } from './call-limit.ts';
export { ReceiveError, type ReceiveErrorCode } from './error.ts';
export { imageHints } from './image-hints.ts';
export { createTokenChecker, type TokenChecker, type TokenCheckerOptions } from './oidc.ts';
export { serveWebhooks, type WebhookHandler, type WebhookServer, type WebhookServerOptions } from './serve-webhooks.ts';
export { webhookPath } from './webhook-path.ts';
