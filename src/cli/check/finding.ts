/** One line of `check`. bad: something does not work, or is in danger; the command ends with 1. */
export interface Finding {
  readonly level: 'good' | 'note' | 'warning' | 'bad';
  readonly text: string;
}

export const good = (text: string): Finding => ({ level: 'good', text });
export const note = (text: string): Finding => ({ level: 'note', text });
export const warning = (text: string): Finding => ({ level: 'warning', text });
export const bad = (text: string): Finding => ({ level: 'bad', text });
