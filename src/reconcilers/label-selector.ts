export { findSelectorProblem, matchesSelector } from '../api/index.ts';
