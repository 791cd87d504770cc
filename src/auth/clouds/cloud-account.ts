import type { NamespacedName } from '../../core/index.ts';

/** A ServiceAccount whose own identity is used at a cloud, in place of the bot's. */
export interface CloudAccount extends NamespacedName {
  readonly annotations: Readonly<Record<string, string>>;
  /** A token of the ServiceAccount for the audience, by the TokenRequest API. */
  createToken(audience: string): Promise<string>;
}

/** A proxy on the way to the cloud's token services; they are reached by http and https proxies alone. */
export interface CloudProxy {
  readonly address: string;
  readonly username?: string;
  readonly password?: { reveal(): string };
}

/** Where the token services are, for those who have their own; what is absent is the cloud's. */
export interface CloudEndpoints {
  readonly ecr?: string;
  readonly ecrPublic?: string;
  readonly sts?: string;
  readonly azureAuthority?: string;
  readonly googleTokens?: string;
  readonly googleImpersonation?: string;
  readonly googleMetadata?: string;
  /** Where managed clusters are looked up. */
  readonly eks?: string;
  readonly azureManagement?: string;
  readonly googleContainer?: string;
}

/** What a cloud gave, and until when. */
export interface CloudToken {
  readonly username?: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What a cloud is asked with. */
export interface CloudAsk {
  readonly account: CloudAccount | undefined;
  readonly proxy: CloudProxy | undefined;
  readonly endpoints: CloudEndpoints;
}

/** `http://user:password@host:port`, as the SDKs take it; null without a proxy. */
export function proxyUrl(proxy: CloudProxy | undefined): string | null {
  if (proxy === undefined) return null;
  const url = new URL(proxy.address);
  url.username = encodeURIComponent(proxy.username ?? '');
  url.password = encodeURIComponent(proxy.password?.reveal() ?? '');
  return url.href;
}

/** The annotation of an account, in the form it has to have. Undefined where there is none. */
export function readAnnotation(account: CloudAccount, name: string, form: RegExp): string | undefined {
  const value = account.annotations[name]?.trim();
  if (value === undefined || value === '' || form.test(value)) return value === '' ? undefined : value;
  throw new TypeError(
    `annotation ${name} of ServiceAccount ${account.namespace}/${account.name} is not of the form ${form.source}`,
  );
}
