/** metav1.Condition as Flux writes it: `lastTransitionTime` moves with status, reason and message. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}
