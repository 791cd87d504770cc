import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderReference } from './render-reference.ts';

writeFileSync(fileURLToPath(new URL('resources.md', import.meta.url)), renderReference());
