export { createFileStore, createMemoryStore } from './file-store.ts';
