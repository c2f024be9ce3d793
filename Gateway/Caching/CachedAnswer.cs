namespace AiMesh.Gateway.Caching;

/// <param name="Label">By which DataService says whether this is still the answer, and to whom.</param>
/// <param name="Body">As it was sent; never changed.</param>
/// <param name="ContentType">Of the body.</param>
/// <param name="EntityTag">With its quotes.</param>
/// <param name="CacheControl">For the caller's own cache.</param>
internal sealed record CachedAnswer(string Label, byte[] Body, string ContentType, string EntityTag, string CacheControl)
{
    /// <summary>Strings beside the body, and the objects around them.</summary>
    public int Size => Body.Length + 2 * (Label.Length + ContentType.Length + EntityTag.Length + CacheControl.Length) + 256;
}
