export { applyEdits } from './apply-edits.ts';
export { type DecodedText, decodeText } from './decode-text.ts';
export { EditError, type EditErrorCode } from './error.ts';
export { type FoundMarkers, findMarkers } from './find-markers.ts';
export { appendToList, identifyDocuments, type ListPlace, removeFromList } from './list-items.ts';
export { isMarkerFile, mayHaveMarkers } from './marker-file.ts';
export { type PlannedEdits, planEdits, renderPart } from './plan-edits.ts';
