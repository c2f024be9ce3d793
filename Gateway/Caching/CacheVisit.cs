namespace AiMesh.Gateway.Caching;

/// <summary>One request that may be answered with a kept answer.</summary>
/// <param name="Key">Where answers to it are found.</param>
/// <param name="Answers">Those that DataService is asked about.</param>
/// <param name="Writes">State of the dataset before it was asked.</param>
internal sealed record CacheVisit(CacheKey Key, CachedAnswer[] Answers, long Writes)
{
    /// <summary>What became of it, for those who wait.</summary>
    public Landing Landing { get; set; } = Landing.Abandoned;
}
