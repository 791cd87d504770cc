import { commitMessageData, parseTemplate, type RenderedTemplate, renderTemplate } from '../template/index.ts';
import { answerTasks } from '../thread/index.ts';
import type { RenderTask } from './create-renderer.ts';

// The thread that createRenderer starts.
answerTasks(({ text, facts }: RenderTask): RenderedTemplate => {
  const parsed = parseTemplate(text);
  if (parsed.kind === 'invalid') return { kind: 'failed', message: parsed.message };
  return renderTemplate(parsed.template, commitMessageData(facts));
});
