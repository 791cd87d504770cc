import type { FoundDeployment, Installation } from '../check/check-installation.ts';
import { bad, type Finding, good, note, warning } from '../check/finding.ts';
import { carryFlags } from './carried-flags.ts';
import { controllersOfParts, type Part } from './parts.ts';

/** Whether tagalong serves exactly what Flux's controllers of these parts do: tenants are held apart and shards told apart by their flags. */
export function checkScope({ deployments }: Installation, parts: readonly Part[], namespace: string): Finding[] {
  const ofFlux = (some: readonly Part[]) => {
    const names: readonly string[] = controllersOfParts(some);
    return deployments.filter(({ name, controllers }) => controllers === null && names.includes(name));
  };
  const { flags, unknown, contradictions } = carryFlags(ofFlux(parts), namespace);
  const coming = partsToCome(deployments, parts);
  const lacking = deployments.flatMap(({ name, args, controllers }) => {
    const run = parts.filter((part) => controllers?.includes(part));
    const wanted = carryFlags(ofFlux(run), namespace).flags.filter((flag) => !args.includes(flag));
    return wanted.map((flag) =>
      bad(`${name} runs without ${flag}, with which Flux does; the commits of \`migrate plan\` bring it`),
    );
  });
  const findings = [
    ...contradictions.map((one) => bad(`the controllers of these parts have not the same scope: ${one}`)),
    ...lacking,
    ...(coming.length > 0 ? flags.map((flag) => note(`Flux runs with ${flag}; \`migrate plan\` gives it to tagalong`)) : []),
    ...unknown.map((flag) => warning(`${flag} has no counterpart in tagalong: look whether you need what it does`)),
  ];
  return findings.length > 0 ? findings : [good('the same for both')];
}

/** Those of the parts that no tagalong runs yet: what they need comes with the commits that add them. */
export function partsToCome(deployments: readonly FoundDeployment[], parts: readonly Part[]): Part[] {
  return parts.filter((part) => !deployments.some(({ controllers }) => controllers?.includes(part)));
}
