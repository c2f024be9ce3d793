namespace AiMesh.Mesh.Tests.Telemetry;

/// <summary>A span as it was exported.</summary>
/// <param name="Service">The resource's service.name.</param>
/// <param name="TraceId">32 hexadecimal digits.</param>
/// <param name="Id">16 hexadecimal digits.</param>
/// <param name="ParentId">16 hexadecimal digits; empty in the first span of a trace.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Kind">1 internal, 2 server, 3 client, 4 producer, 5 consumer.</param>
public sealed record Span(string Service, string TraceId, string Id, string ParentId, string Name, int Kind)
{
    public const int Server = 2;
}
