import { AuthError } from '../error.ts';

/** A cloud's SDK, loaded when it is first used. Throws SDK_MISSING with what to install: these packages are optional. */
export async function loadSdk<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new AuthError(
      'SDK_MISSING',
      `the package ${name} is not installed, which logs in at this cloud; install it beside tagalong: npm install ${name}`,
      { retry: 'never', cause },
    );
  }
}
