import { posix } from 'node:path';
import { define, type FunctionTable } from '../define.ts';

const base = define(['string'], ([path]) => {
  if (path === '') return '.';
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  const trimmed = path.slice(0, end);
  return trimmed === '' ? '/' : (trimmed.split('/').at(-1) ?? '');
});
const dir = define(['string'], ([path]) => clean(path.slice(0, path.lastIndexOf('/') + 1)));
const cleaned = define(['string'], ([path]) => clean(path));
const ext = define(['string'], ([path]) => /\.[^./]*$/.exec(path)?.[0] ?? '');
const isAbsolute = define(['string'], ([path]) => path.startsWith('/'));

/** Go's `path` and, as on Linux, `filepath`. */
export const paths: FunctionTable = {
  base,
  dir,
  clean: cleaned,
  ext,
  isAbs: isAbsolute,
  osBase: base,
  osDir: dir,
  osClean: cleaned,
  osExt: ext,
  osIsAbs: isAbsolute,
};

function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 ? normal.replace(/\/$/, '') : normal;
}
