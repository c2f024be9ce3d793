namespace AiMesh.Gateway.Tests;

/// <summary>Tests that measure time or load run alone, or they would measure each other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TimingTests
{
    public const string Name = "timing";
}
