export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  accent(text: string): string;
  faint(text: string): string;
}

const same = (text: string) => text;
const sgr = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;

export const plainPaint: Paint = { good: same, bad: same, warn: same, accent: same, faint: same };
export const terminalPaint: Paint = { good: sgr(32), bad: sgr(31), warn: sgr(33), accent: sgr(36), faint: sgr(2) };
