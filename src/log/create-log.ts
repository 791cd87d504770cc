import pino from 'pino';
import type { Log, LogFields } from '../core/index.ts';

/** From the most talkative on. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * JSON lines on standard error as `flux logs` reads them: `ts`, `level`, `msg`, and the fields. With `file` also appended there,
 * for `tagalong logs --file`; it is created with rights for its owner alone.
 */
export function createLog(level: LogLevel, file?: string): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: () => `,"ts":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  };
  const stderr = pino.destination(2);
  if (file === undefined) return wrap(pino(options, stderr));
  const streams = [stderr, pino.destination({ dest: file, append: true, mode: 0o600, mkdir: true })];
  return wrap(pino(options, pino.multistream(streams.map((stream) => ({ level: 'debug', stream })))));
}

function wrap(logger: pino.Logger): Log {
  return {
    debug: (sentence, fields = {}) => logger.debug(fields, sentence),
    info: (sentence, fields = {}) => logger.info(fields, sentence),
    warn: (sentence, fields = {}) => logger.warn(fields, sentence),
    error: (sentence, fields = {}) => logger.error(fields, sentence),
    child: (fields: LogFields) => wrap(logger.child(fields)),
  };
}
