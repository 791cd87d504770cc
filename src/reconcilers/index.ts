export { type AutomationMemories, createAutomationMemories } from './automation-memory.ts';
export { createGitRepositoryReconciler, type GitRepositoryDeps } from './git-repository.ts';
export { createImagePolicyReconciler } from './image-policy.ts';
export { createImageRepositoryReconciler } from './image-repository.ts';
export { createImageUpdateAutomationReconciler, sourceOf } from './image-update-automation.ts';
export { findSelectorProblem, matchesSelector } from './label-selector.ts';
export { MirrorNews } from './mirrors.ts';
export { createTagLists } from './tag-lists.ts';
export { automationWakes, imagePolicyWakes } from './wakes.ts';
