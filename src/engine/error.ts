import { TagalongError } from '../core/index.ts';

export class EngineError extends TagalongError<'UNDECIDED' | 'KIND_MISSING'> {}
