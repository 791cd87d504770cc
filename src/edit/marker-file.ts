/** Whether markers are looked for in a file of this path at all: `.yaml`, `.yml`, or a file named `Kustomization`. */
export function isMarkerFile(path: string): boolean {
  return path.endsWith('.yaml') || path.endsWith('.yml') || path.slice(path.lastIndexOf('/') + 1) === 'Kustomization';
}

/** Cheap filter before any parsing: false means that the file has no markers for certain. */
export function mayHaveMarkers(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"$imagepolicy"');
}
