import type { Budget } from './budget.ts';
import { GoMap, Int, type ParameterType, type Struct, typeName, type Value } from './value.ts';

/** A function that templates can call. Its arguments were checked against `params` and `rest`. */
export interface TemplateFunction {
  readonly params: readonly ParameterType[];
  /** The type of any number of further arguments, or null. */
  readonly rest: ParameterType | null;
  /** @throws FunctionError, LimitError */
  call(args: readonly Value[], budget: Budget): Value;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

interface Read {
  any: Value;
  string: string;
  int: number;
  float64: number;
  bool: boolean;
  map: GoMap;
  time: Struct;
}

type Arguments<Params extends readonly ParameterType[]> = { -readonly [Index in keyof Params]: Read[Params[Index]] };

/** A function of exactly these parameters. */
export function define<const Params extends readonly ParameterType[]>(
  params: Params,
  call: (args: Arguments<Params>, budget: Budget) => Value,
): TemplateFunction {
  return { params, rest: null, call: (args, budget) => call(readArguments(args, params, null) as Arguments<Params>, budget) };
}

/** A function of these parameters and any number of further ones. */
export function defineVariadic<const Params extends readonly ParameterType[], Rest extends ParameterType>(
  params: Params,
  rest: Rest,
  call: (args: Arguments<Params>, more: Read[Rest][], budget: Budget) => Value,
): TemplateFunction {
  return {
    params,
    rest,
    call: (args, budget) => {
      const read = readArguments(args, params, rest);
      const more = read.slice(params.length) as Read[Rest][];
      return call(read.slice(0, params.length) as Arguments<Params>, more, budget);
    },
  };
}

function readArguments(args: readonly Value[], params: readonly ParameterType[], rest: ParameterType | null): unknown[] {
  return args.map((value, index) => {
    const type = params[index] ?? rest;
    if (type === 'int' && value instanceof Int) return Number(value.value);
    return type === 'map' && value === null ? new GoMap() : value;
  });
}

const goNames: Readonly<Record<ParameterType, string>> = {
  any: 'interface {}',
  string: 'string',
  int: 'int',
  float64: 'float64',
  bool: 'bool',
  map: 'map[string]interface {}',
  time: 'time.Time',
};

/** The parameter's type as Go writes it. */
export function goTypeOf(type: ParameterType): string {
  return goNames[type];
}

/** What is wrong with handing this value to a parameter of that type, in Go's words; null if nothing is. */
export function findTypeProblem(value: Value, type: ParameterType): string | null {
  if (type === 'any' || (value === null && type === 'map')) return null;
  if (value === null) return `invalid value; expected ${goNames[type]}`;
  const given = typeName(value);
  return given === goNames[type] ? null : `wrong type for value; expected ${goNames[type]}; got ${given}`;
}
