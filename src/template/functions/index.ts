import type { FunctionTable } from '../define.ts';
import { builtins } from './builtins.ts';
import { comparisons } from './comparisons.ts';
import { dates } from './dates.ts';
import { defaults } from './defaults.ts';
import { dicts } from './dicts.ts';
import { encodings } from './encodings.ts';
import { json } from './json.ts';
import { layout } from './layout.ts';
import { lists } from './lists.ts';
import { numbers } from './numbers.ts';
import { paths } from './paths.ts';
import { patterns } from './patterns.ts';
import { texts } from './texts.ts';
import { urls } from './urls.ts';
import { versions } from './versions.ts';

/** Every function that templates know: sprig's take the place of Go's where both have one (`slice`). */
export const functions: FunctionTable = {
  ...builtins,
  ...comparisons,
  ...texts,
  ...layout,
  ...lists,
  ...dicts,
  ...numbers,
  ...defaults,
  ...json,
  ...encodings,
  ...patterns,
  ...versions,
  ...paths,
  ...urls,
  ...dates,
};
