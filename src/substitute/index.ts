export { SubstituteError, type SubstituteErrorCode } from './error.ts';
export { assertVariableNames, substituteVariables, type Variables } from './substitute-variables.ts';
