export { createRenderer, type Renderer, type RendererOptions, type RenderTask } from './create-renderer.ts';
