/** An image as a manifest writes it, in its parts. */
export interface ImageReference {
  /** With the registry where one is written: `registry.example:5000/team/web`. */
  readonly name: string;
  readonly tag?: string;
  readonly digest?: string;
}

const host = '[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*(?::[0-9]{1,5})?';
const segment = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const namePattern = `(?:${host}/)?${segment}(?:/${segment})*`;
const reference = new RegExp(`^(${namePattern})(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@([a-z0-9+._-]+:[0-9a-fA-F]{32,}))?$`);
const wholeName = new RegExp(`^${namePattern}$`);
const longest = 1024;

/** The parts of `name[:tag][@digest]`, or null for what is no image. */
export function parseImageReference(text: string): ImageReference | null {
  if (text.length > longest) return null;
  const [, name, tag, digest] = reference.exec(text) ?? [];
  if (name === undefined) return null;
  return { name, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

/** Whether a text can be the name of an image, without tag and digest. */
export function isImageName(text: string): boolean {
  return text.length <= longest && wholeName.test(text);
}
