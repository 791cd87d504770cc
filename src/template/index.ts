export { type CommitChange, type CommitFacts, commitMessageData } from './commit-message-data.ts';
export { type CommitTemplate, parseCommitTemplate } from './commit-template.ts';
export { TemplateError, type TemplateErrorCode } from './error.ts';
export type { Template } from './nodes.ts';
export { type ParsedTemplate, parseTemplate, type RenderedTemplate, renderTemplate } from './parse-template.ts';
export { GoMap, Int, List, Struct, type Value } from './value.ts';
