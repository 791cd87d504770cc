import { ControlPlaneError } from '../error.ts';
import type { ResourceType } from '../kinds/resource-type.ts';

export interface StatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A refusal as Kubernetes writes it: becomes the body of the answer. */
export class ApiStatus extends ControlPlaneError {
  readonly httpCode: number;
  readonly statusReason: string;
  readonly details: StatusDetails;

  constructor(httpCode: number, statusReason: string, message: string, details: StatusDetails = {}) {
    super('REFUSED', message, { retry: 'never' });
    this.httpCode = httpCode;
    this.statusReason = statusReason;
    this.details = details;
  }

  /** The `Status` object of the answer. */
  toBody(): object {
    const { message, details, httpCode: code } = this;
    const hasDetails = Object.keys(details).length > 0;
    const reason = this.statusReason === '' ? {} : { reason: this.statusReason };
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...reason,
      ...(hasDetails && { details }),
      code,
    };
  }
}

type Named = Pick<ResourceType, 'group' | 'plural' | 'kind'>;

function detailsOf(type: Named, name: string): StatusDetails {
  return { ...(name && { name }), ...(type.group && { group: type.group }), kind: type.plural };
}

function qualify(plural: string, group: string): string {
  return group === '' ? plural : `${plural}.${group}`;
}

export function notFound(type: Named, name: string): ApiStatus {
  return new ApiStatus(404, 'NotFound', `${qualify(type.plural, type.group)} "${name}" not found`, detailsOf(type, name));
}

export function pathNotFound(): ApiStatus {
  return new ApiStatus(404, 'NotFound', 'the server could not find the requested resource');
}

export function alreadyExists(type: Named, name: string): ApiStatus {
  return new ApiStatus(
    409,
    'AlreadyExists',
    `${qualify(type.plural, type.group)} "${name}" already exists`,
    detailsOf(type, name),
  );
}

export function conflict(type: Named, name: string, why: string): ApiStatus {
  const message = `Operation cannot be fulfilled on ${qualify(type.plural, type.group)} "${name}": ${why}`;
  return new ApiStatus(409, 'Conflict', message, detailsOf(type, name));
}

export const modifiedMeanwhile = 'the object has been modified; please apply your changes to the latest version and try again';

/** 409 of a server-side apply, one cause a field. */
export function applyConflict(causes: readonly StatusCause[], message: string): ApiStatus {
  return new ApiStatus(409, 'Conflict', message, { causes });
}

export function badRequest(message: string): ApiStatus {
  return new ApiStatus(400, 'BadRequest', message);
}

export function forbidden(type: Named, name: string, why: string, causes: readonly StatusCause[] = []): ApiStatus {
  const message = `${qualify(type.plural, type.group)} "${name}" is forbidden: ${why}`;
  return new ApiStatus(403, 'Forbidden', message, { ...detailsOf(type, name), ...(causes.length > 0 && { causes }) });
}

export function methodNotAllowed(): ApiStatus {
  return new ApiStatus(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

export function expired(message: string): ApiStatus {
  return new ApiStatus(410, 'Expired', message);
}

/** 422 with every complaint: `Deployment.apps "web" is invalid: spec.replicas: Invalid value: …`. */
export function invalid(type: Named, name: string, problems: readonly FieldProblem[]): ApiStatus {
  const sentences = [...new Set(problems.map(({ field, detail }) => `${field}: ${detail}`))];
  const what = sentences.length === 1 ? sentences[0] : `[${sentences.join(', ')}]`;
  const causes = problems.map(({ reason, field, detail }) => ({ reason, message: detail, field }));
  const details = { ...(name && { name }), ...(type.group && { group: type.group }), kind: type.kind, causes };
  return new ApiStatus(422, 'Invalid', `${qualify(type.kind, type.group)} "${name}" is invalid: ${what}`, details);
}

/** One thing wrong with one field; `detail` starts as Kubernetes' messages do: `Invalid value: …`, `Required value`. */
export interface FieldProblem {
  readonly field: string;
  readonly reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueTooMany'
    | 'FieldValueTooLong'
    | 'FieldValueTypeInvalid'
    | 'FieldValueDuplicate'
    | 'FieldValueNotFound';
  readonly detail: string;
}

export function invalidValue(field: string, value: unknown, why: string): FieldProblem {
  return { field, reason: 'FieldValueInvalid', detail: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

export function requiredValue(field: string, why = ''): FieldProblem {
  return { field, reason: 'FieldValueRequired', detail: why === '' ? 'Required value' : `Required value: ${why}` };
}
