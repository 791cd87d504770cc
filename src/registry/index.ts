export { createRegistry, type RegistryAdapter, type RegistryOptions } from './create-registry.ts';
export * from './error.ts';
export { canonicalName, isLocalRegistry, isTag, parseImageName } from './image-name.ts';
