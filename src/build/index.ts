export type { AddedImage, AddedPatch, BuildAdditions } from './additions.ts';
export { type BuildLimits, defaultBuildLimits } from './build-limits.ts';
export { type Build, type BuiltObject, describeOrigin, type Origin } from './built-object.ts';
export { type Builder, type BuilderOptions, type BuildRequest, createBuilder } from './create-builder.ts';
export { BuildError, type BuildErrorCode } from './error.ts';
export { findKustomize, type KustomizeCommand } from './find-kustomize.ts';
export { formatYaml } from './format-yaml.ts';
export type { Substitution } from './substitute-objects.ts';
