import { checkRange, parseRange, parseVersion, type Version } from '../../select/index.ts';
import { define, type FunctionTable } from '../define.ts';
import { FunctionError } from '../error.ts';
import { Int, type Method, Struct, type Value } from '../value.ts';

/** Sprig's semantic versions, with ranges as the policies read them. */
export const versions: FunctionTable = {
  semver: define(['string'], ([text]) => createVersion(text)),
  semverCompare: define(['string', 'string'], ([constraint, text]) => {
    const range = parseRange(constraint);
    if (range.kind === 'invalid') throw new FunctionError(range.reason);
    return checkRange(range.range, readVersion(text)) === 'inside';
  }),
};

function readVersion(text: string): Version {
  const parsed = parseVersion(text);
  if (parsed.kind === 'invalid') throw new FunctionError('invalid semantic version');
  return parsed.version;
}

function createVersion(text: string): Struct {
  const { major, minor, patch, pre } = readVersion(text);
  const prerelease = pre.join('.');
  const metadata = text.split('+')[1] ?? '';
  const printed = [major, minor, patch].join('.') + (prerelease && `-${prerelease}`) + (metadata && `+${metadata}`);
  const results: Record<string, Value> = {
    Major: new Int(major, 'uint64'),
    Minor: new Int(minor, 'uint64'),
    Patch: new Int(patch, 'uint64'),
    Prerelease: prerelease,
    Metadata: metadata,
    Original: text,
    String: printed,
  };
  const methods = Object.entries(results).map(([name, value]): [string, Method] => [name, { params: [], call: () => value }]);
  return new Struct('*semver.Version', [], methods);
}
