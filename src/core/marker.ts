import type { NamespacedName } from './object.ts';

/** Which part of an image a marker's value carries: the whole reference (no suffix), or one of its parts. */
export type MarkerPart = 'image' | 'tag' | 'name' | 'digest';

/** A scalar that a comment `{"$imagepolicy": "ns:name[:tag|:name|:digest]"}` hands to a policy. */
export interface Marker {
  /** Path from the root of the repository. */
  readonly file: string;
  /** 1-based, of the scalar. */
  readonly line: number;
  readonly column: number;
  /** Offsets of the scalar's source text (with its quotes), in UTF-16 units of the decoded text. */
  readonly start: number;
  readonly end: number;
  /** The scalar's value as YAML reads it, always as text. */
  readonly value: string;
  readonly policy: NamespacedName;
  readonly part: MarkerPart;
  /** Which document of the file, from 0. */
  readonly document: number;
  /** The Kubernetes object the scalar is in; empty fields where it is none. Items of a `kind: List` count by themselves. */
  readonly object: ObjectIdentity;
  /** `spec.template.spec.containers[web].image`: list items by their `name`, else by index. */
  readonly path: string;
}

export interface ObjectIdentity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** One scalar's change: these bytes there become those. */
export interface Edit {
  readonly marker: Marker;
  readonly before: string;
  readonly after: string;
}

/** Something in a file that a person has to look at; `file:line:column` leads them there. */
export interface FileProblem {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}
