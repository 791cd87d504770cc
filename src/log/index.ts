export { createLog, type LogLevel } from './create-log.ts';
