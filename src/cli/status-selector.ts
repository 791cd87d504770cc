import type { KubeObject } from '../core/index.ts';
import { CliError } from './error.ts';
import { conditionOf } from './kind-views.ts';

/** Whether an object's conditions are what `type=status` or `type!=status` asks for. */
export type StatusSelector = (object: KubeObject) => boolean;

/** Types and values are compared in any case of letters. Throws USAGE for anything else. */
export function parseStatusSelector(text: string): StatusSelector {
  const [, type, operator, wanted] = /^([A-Za-z]+)(!?=)([A-Za-z]+)$/.exec(text) ?? [];
  if (type === undefined || wanted === undefined)
    throw new CliError(
      'USAGE',
      `--status-selector ${JSON.stringify(text)}: expected type=status or type!=status, such as ready=false`,
    );
  return (object) => {
    const status = findType(object, type)?.toLowerCase();
    return operator === '=' ? status === wanted.toLowerCase() : status !== wanted.toLowerCase();
  };
}

function findType(object: KubeObject, type: string): string | undefined {
  const conditions = (object['status'] as { conditions?: { type: string }[] } | undefined)?.conditions ?? [];
  const name = conditions.find((condition) => condition.type.toLowerCase() === type.toLowerCase())?.type;
  return name === undefined ? undefined : conditionOf(object, name)?.status;
}
