namespace AiMesh.ServiceDefaults.Errors;

/// <summary>
/// Carries an expected failure out of code that cannot return it: a constructor, an iterator, a callback of a library. Elsewhere
/// return <see cref="Result{T}"/>.
/// </summary>
public sealed class MeshException(MeshError error) : Exception(error.Message)
{
    /// <summary>What happened.</summary>
    public MeshError Error { get; } = error;
}
