export { type DecodedText, decodeText } from './decode-text.ts';
export { EditError, type EditErrorCode } from './error.ts';
export { type FoundMarkers, findMarkers } from './find-markers.ts';
export { isMarkerFile, mayHaveMarkers } from './marker-file.ts';
