export { compareBytes } from './byte-order.ts';
export { compilePattern } from './compile-pattern.ts';
export { type CompiledTagPolicy, compileTagPolicy, type TagPolicySpec } from './compile-tag-policy.ts';
export {
  type CompiledExclusions,
  compileExclusions,
  defaultExclusionList,
  type Exclusions,
  excludeTags,
  findExclusion,
} from './exclusions.ts';
export { explainTags } from './explain-tags.ts';
export { goQuote } from './go-quote.ts';
export { hintTags } from './hint-tags.ts';
export { doubtListing, type TagInUse } from './listing-trust.ts';
export { orderTags, passesPolicy } from './order-tags.ts';
export { selectTag, type TagCounts, type TagSelection } from './select-tag.ts';
export { isValidTag } from './tag-grammar.ts';
export { latestTags, tagListRevision } from './tag-list.ts';
export type { TagPolicy } from './tag-policy.ts';
export { parseVersion, type Version } from './version.ts';
export { checkRange, parseRange } from './version-range.ts';
export type { VersionStyle } from './version-style.ts';
