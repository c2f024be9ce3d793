namespace Microsoft.Extensions.Http.Resilience;

/// <summary>A pipeline and which instance of it.</summary>
internal readonly record struct HttpPipelineKey(string Name, string Instance);
