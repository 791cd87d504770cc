/** Whether `file` is `folder` itself or below it; '' is the root, and both are clean paths. */
export function isUnder(file: string, folder: string): boolean {
  return folder === '' || file === folder || file.startsWith(`${folder}/`);
}
