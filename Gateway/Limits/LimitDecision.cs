namespace AiMesh.Gateway.Limits;

/// <summary>What a bucket is called, shared by all replicas, and the limit that applies to it.</summary>
internal readonly record struct LimitBucket(string Key, LimitPolicy Policy);

/// <summary>The outcome for all buckets of a request together, told by the bucket that is nearest to its limit.</summary>
/// <param name="IsAllowed">No bucket was exhausted, and each was charged. Otherwise none was.</param>
/// <param name="Bucket">The index of the bucket that refuses longest, or that has the least left.</param>
/// <param name="Remaining">How many more requests that bucket would take now.</param>
/// <param name="ResetMicroseconds">When allowed: until the bucket is as if untouched. When refused: until it takes one request again.</param>
internal readonly record struct LimitDecision(bool IsAllowed, int Bucket, long Remaining, long ResetMicroseconds);
