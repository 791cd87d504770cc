export { type EmbeddedStage, startEmbeddedStage } from './embedded-stage.ts';
export { createNarrator, type Narrator } from './narrator.ts';
export { type Played, playScenes, summarise } from './play-scenes.ts';
export { copySample, samplePolicies, sampleRepository } from './sample-files.ts';
export { type Scene, scenes } from './scenes.ts';
export { createPatience, type Stage } from './stage.ts';
export { cloneWorkTree, type WorkTree } from './work-tree.ts';
