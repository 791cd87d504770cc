import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNarrator, playScenes, type Scene, scenes } from '../../src/demo/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { overlayScene } from './support/overlay-scene.ts';
import { type RealStage, startRealStage } from './support/real-stage.ts';

const needed = ['kube-apiserver', 'kube-controller-manager', 'etcd', 'docker-registry', 'git-http-backend', 'kustomize'] as const;

describeWithParts([...needed], 'the scenes on a real API server, registry and git server', () => {
  let stage: RealStage;

  beforeAll(async () => {
    stage = await startRealStage();
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  const lines: string[] = [];
  const narrator = createNarrator({ write: (text: string) => void lines.push(text) }, {});

  // Each scene stands on the one before it: in order, in one world.
  test.for([...scenes, overlayScene].map((scene): [string, Scene] => [scene.name, scene]))('%s', async ([, scene]) => {
    const [played] = await playScenes(stage, narrator, [scene]);
    expect(played?.error ?? null, lines.join('')).toBeNull();
  });
});
