using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>The resources, their states and addresses in columns.</summary>
internal static class ReportTable
{
    private static readonly string[] Header = ["Resource", "State", "Health", "Address"];

    public static IEnumerable<string> Of(IEnumerable<(ResourceInstance Instance, CustomResourceSnapshot Snapshot)> resources)
    {
        string[][] rows =
        [
            Header,
            .. resources.Select(row => new[]
            {
                row.Instance.Id,
                row.Snapshot.State?.Text ?? "",
                row.Snapshot.HealthStatus?.ToString() ?? "-",
                Addresses(row.Instance),
            }),
        ];
        var widths = Enumerable.Range(0, Header.Length - 1).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => column < widths.Length ? cell.PadRight(widths[column]) : cell)).TrimEnd());
    }

    private static string Addresses(ResourceInstance instance) =>
        string.Join("  ", instance.Resource.Annotations.OfType<EndpointAnnotation>()
            .Where(endpoint => endpoint.Advertised.Count > 0)
            .Select(endpoint => endpoint.Advertised.Count == 1 ? endpoint.Advertised[0] : endpoint.Advertised[instance.Replica])
            .Select(endpoint => $"{endpoint.Endpoint.Name}={endpoint.UriString}"));
}
