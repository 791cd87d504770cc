// Loaded before the bot: its clock is TAGALONG_TEST_SKEW_MS away from everybody else's.
const skewMs = Number(process.env['TAGALONG_TEST_SKEW_MS'] ?? 0);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) super(RealDate.now() + skewMs);
    else super(...(args as [number]));
  }
  static override now(): number {
    return RealDate.now() + skewMs;
  }
} as DateConstructor;
