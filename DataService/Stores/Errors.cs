using System.Collections.Immutable;
using AiMesh.ServiceDefaults.Errors;
using Grpc.Core;

namespace AiMesh.DataService.Stores;

/// <summary>The store of the dataset cannot do this, now or ever.</summary>
internal sealed record StoreLacks : MeshError
{
    /// <summary>Whatever it was that was asked for.</summary>
    public static readonly StoreLacks This = new("other than PostgreSQL", "cannot do this");

    /// <param name="provider">For example "dynamodb".</param>
    /// <param name="what">What it does not do, and what to do instead.</param>
    public StoreLacks(string provider, string what)
        : base(StatusCode.FailedPrecondition, "STORE_LACKS", $"The store of the dataset ({provider}) {what}.") =>
        Metadata = ImmutableDictionary<string, string>.Empty.Add("provider", provider);
}

/// <summary>The store wants fewer requests, and went on wanting it.</summary>
internal sealed record StoreThrottled : MeshError
{
    public StoreThrottled()
        : base(StatusCode.ResourceExhausted, "STORE_THROTTLED", "The store of the dataset is busy; try again later.") => RetryAfter = TimeSpan.FromSeconds(2);
}
