namespace AiMesh.DataService.Search.VectorStores;

/// <summary>
/// A store of vectors outside of the mesh. It holds copies of what the database has, and is asked for one thing: which items may be near. All that it is told to do
/// can be done twice. Every method ends with <see cref="ServiceDefaults.Errors.MeshException"/> where the store cannot be reached, and with
/// <see cref="InvalidOperationException"/> where it answers otherwise than its documentation says.
/// </summary>
internal interface IVectorStore
{
    /// <summary>As many vectors as one search may answer.</summary>
    int MaxResults { get; }

    Task PingAsync(CancellationToken cancellationToken);

    /// <summary>Puts vectors in place of all that the items have in a space. The space is made where there is none.</summary>
    Task ReplaceAsync(VectorSpace space, IReadOnlyCollection<string> items, IReadOnlyList<StoredVector> vectors, CancellationToken cancellationToken);

    /// <summary>Items by their vectors, nearest first; an item as often as it has vectors among them. Empty where there is no such space.</summary>
    Task<IReadOnlyList<string>> SearchAsync(VectorSpace space, float[] vector, int count, CancellationToken cancellationToken);

    /// <summary>Removes a space with all that is in it, if it is there.</summary>
    Task DropAsync(VectorSpace space, CancellationToken cancellationToken);
}

/// <param name="Id">The same for the same passage of the same item.</param>
/// <param name="Item">Whose it is.</param>
/// <param name="Vector">Of unit length.</param>
internal sealed record StoredVector(Guid Id, string Item, float[] Vector);
