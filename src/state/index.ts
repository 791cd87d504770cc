export { createFileStore, createMemoryStore } from './file-store.ts';
export { lockFolder } from './lock-folder.ts';
