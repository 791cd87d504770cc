import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderDefinitionFiles } from './definition-files.ts';

const folder = fileURLToPath(new URL('../../deploy/crds/', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const [name, content] of renderDefinitionFiles()) writeFileSync(`${folder}${name}`, content);
