/** One thing that is wrong with an object: where, and what, in the words of a Kubernetes API server. */
export interface FieldProblem {
  /** Keys and indices from the root of the object. */
  readonly path: readonly (string | number)[];
  /** `Required value`, `Invalid value: "x": spec.interval in body should match '…'`. */
  readonly message: string;
}

/** `spec.include[0].repository`. */
export function formatPath(path: readonly (string | number)[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

/**
 * An object that is not a valid resource of its kind, with everything that is wrong with it. Trying again does not help until somebody
 * changes it. This folder imports nothing, so it has the shape of the common error base without being one.
 */
export class ValidationError extends Error {
  readonly code = 'INVALID_RESOURCE';
  readonly retry = 'never';
  readonly problems: readonly FieldProblem[];
  /** Paths of the fields that the kind does not have: most likely misspelt. */
  readonly unknownFields: readonly (readonly (string | number)[])[];
  /** Kind and name of the object. */
  readonly subject: string;

  constructor(subject: string, problems: readonly FieldProblem[], unknownFields: ValidationError['unknownFields'] = []) {
    const texts = [...problems.map(describeProblem), ...unknownFields.map(describeUnknownField)];
    super(`${subject} is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`);
    this.name = 'ValidationError';
    this.subject = subject;
    this.problems = problems;
    this.unknownFields = unknownFields;
  }
}

/** `spec.interval: Required value`. */
export function describeProblem({ path, message }: FieldProblem): string {
  return path.length === 0 ? message : `${formatPath(path)}: ${message}`;
}

/** `unknown field "spec.intervall"`. */
export function describeUnknownField(path: FieldProblem['path']): string {
  return `unknown field ${JSON.stringify(formatPath(path))}`;
}
