using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Tells resources where to send their telemetry.</summary>
public static class OtlpConfigurationExtensions
{
    private const string StandardEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    /// <summary>Gives a program of any kind the same telemetry variables as a project.</summary>
    public static IResourceBuilder<T> WithOtlpExporter<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEnvironment =>
        builder.WithEnvironment(context => AddOtlpVariables(
            context.EnvironmentVariables, context.Resource, builder.ApplicationBuilder.Configuration, builder.ApplicationBuilder.Environment));

    internal static void AddOtlpVariables(
        Dictionary<string, object> variables, IResource resource, IConfiguration configuration, IHostEnvironment environment)
    {
        variables.TryAdd("OTEL_SERVICE_NAME", resource.Name);
        variables.TryAdd(
            "OTEL_RESOURCE_ATTRIBUTES", ReferenceExpression.Create($"service.instance.id={new InstanceIdProvider()}"));
        if (environment.IsDevelopment())
        {
            // A developer looks now, and looks at everything.
            variables.TryAdd("OTEL_BLRP_SCHEDULE_DELAY", "1000");
            variables.TryAdd("OTEL_BSP_SCHEDULE_DELAY", "1000");
            variables.TryAdd("OTEL_METRIC_EXPORT_INTERVAL", "1000");
            variables.TryAdd("OTEL_TRACES_SAMPLER", "always_on");
            variables.TryAdd("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based");
        }

        if (Collector(configuration) is not var (endpoint, protocol))
            return;

        variables.TryAdd(StandardEndpoint, endpoint);
        variables.TryAdd("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        variables.TryAdd("OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY", "in_memory");
        if (configuration["AppHost:OtlpApiKey"] is { Length: > 0 } key)
            variables.TryAdd("OTEL_EXPORTER_OTLP_HEADERS", $"x-otlp-api-key={key}");
    }

    // There is no dashboard here. One that somebody has started at the address for it is used; exporting into nothing is not.
    private static (string Endpoint, string Protocol)? Collector(IConfiguration configuration) =>
        configuration[StandardEndpoint] is { Length: > 0 } endpoint ? (endpoint, configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? "grpc")
        : Answers(configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"]) is { } grpc ? (grpc, "grpc")
        : Answers(configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"]) is { } http ? (http, "http/protobuf")
        : null;

    private static string? Answers(string? url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
            return null;

        using var client = new TcpClient();
        try
        {
            return client.ConnectAsync(address.Host, address.Port).Wait(Patience) ? url : null;
        }
        catch (AggregateException)
        {
            return null;
        }
    }

    /// <summary>Tells the processes of one resource apart.</summary>
    private sealed class InstanceIdProvider : IExpressionValue
    {
        public string ValueExpression => "{instance.id}";

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new((string?)null);

        public ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default) =>
            new(context.Caller is { } caller ? ResourceIds.Of(caller)[context.Replica] : null);
    }
}
