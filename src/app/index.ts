export { type App, createApp } from './create-app.ts';
export type { AppOptions, Tenancy } from './options.ts';
