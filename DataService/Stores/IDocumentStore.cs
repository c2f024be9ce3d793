namespace AiMesh.DataService.Stores;

/// <summary>
/// Where the items of datasets are kept (D5). A store knows documents and conditions; who may see what is decided above it, so that a new store has nothing to
/// get wrong but storage. Every call throws MESH errors: UNAVAILABLE where the store cannot be reached, RESOURCE_EXHAUSTED where it throttles for too long.
/// </summary>
internal interface IDocumentStore
{
    StoreCapabilities Capabilities { get; }

    /// <summary>Makes room for a dataset; nothing where it is there already.</summary>
    Task CreateTableAsync(DocumentTable table, CancellationToken cancellationToken);

    /// <summary>Deletes the table with all documents; nothing where there is none.</summary>
    Task DropTableAsync(DocumentTable table, CancellationToken cancellationToken);

    /// <summary>One document as it was last written.</summary>
    Task<Document?> FindAsync(DocumentTable table, string id, CancellationToken cancellationToken);

    /// <summary>
    /// Documents in order of id (by bytes): all that match, and perhaps others that the store's language cannot tell apart. The caller decides again in memory
    /// (<see cref="DocumentQuery.Matches"/>). Read page by page as they are taken, each page as it is then.
    /// </summary>
    IAsyncEnumerable<Document> QueryAsync(DocumentTable table, DocumentQuery query, CancellationToken cancellationToken);

    /// <summary>Writes, each if its condition holds.</summary>
    /// <param name="table">Where.</param>
    /// <param name="writes">Each to another document.</param>
    /// <param name="atomic">All or none; at most <see cref="StoreCapabilities.MaxAtomicWrites"/>.</param>
    /// <param name="cancellationToken">What is on its way may still be written.</param>
    /// <returns>For each write whether its condition held. With <paramref name="atomic"/> they were written only if all did.</returns>
    Task<IReadOnlyList<bool>> WriteAsync(DocumentTable table, IReadOnlyList<DocumentWrite> writes, bool atomic, CancellationToken cancellationToken);

    /// <summary>Asks for the least that needs address and credentials to be right.</summary>
    Task PingAsync(CancellationToken cancellationToken);
}
