namespace AiMesh.DataService.Stores;

/// <summary>Where stores differ.</summary>
/// <param name="Provider">"postgresql", "dynamodb", "cosmos", "firestore".</param>
/// <param name="MaxDocumentBytes">Largest document, measured as the JSON of its fields.</param>
/// <param name="MaxAtomicWrites">Most writes that are done all or none; 1: the store has no transactions.</param>
/// <param name="MaxAtomicBytes">Most bytes of JSON in such writes together.</param>
/// <param name="FindsOwners">Documents of one owner are found by an index; otherwise the store reads all others as well.</param>
internal sealed record StoreCapabilities(string Provider, int MaxDocumentBytes, int MaxAtomicWrites, int MaxAtomicBytes, bool FindsOwners);
