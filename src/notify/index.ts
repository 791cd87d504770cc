export { createEventForwarder, type EventForwarder, type EventForwarderOptions } from './forward-events.ts';
