using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Projects;

/// <summary>The endpoints that a project declares itself: section Kestrel of its appsettings, or its launch profile.</summary>
internal static class KestrelEndpoints
{
    public static IEnumerable<EndpointAnnotation> FromSettings(string projectPath, string environment)
    {
        var folder = Path.GetDirectoryName(projectPath)!;
        var kestrel = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(folder, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(folder, $"appsettings.{environment}.json"), optional: true)
            .Build()
            .GetSection("Kestrel");
        var defaults = kestrel["EndpointDefaults:Protocols"];

        foreach (var section in kestrel.GetSection("Endpoints").GetChildren())
        {
            // An endpoint without a URL is for something else than us to complete.
            if (section["Url"] is not { Length: > 0 } url)
                continue;

            var address = Parse(url, $"Kestrel:Endpoints:{section.Key}:Url of '{projectPath}'");
            yield return new EndpointAnnotation(
                ProtocolType.Tcp,
                address.Scheme,
                transport: (section["Protocols"] ?? defaults) is "Http2" ? "http2" : null,
                name: section.Key)
            {
                IsFromKestrel = true,
                TargetHost = address.Host,
            };
        }
    }

    public static IEnumerable<EndpointAnnotation> FromLaunchProfile(LaunchProfile profile, string projectPath)
    {
        var names = new Dictionary<string, int>();
        foreach (var url in profile.ApplicationUrl?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
        {
            var address = Parse(url, $"applicationUrl of '{projectPath}'");
            var count = names[address.Scheme] = names.GetValueOrDefault(address.Scheme) + 1;
            yield return new EndpointAnnotation(
                ProtocolType.Tcp,
                address.Scheme,
                name: count == 1 ? address.Scheme : $"{address.Scheme}{count}",
                port: address.Port)
            {
                TargetHost = address.Host,
            };
        }
    }

    // Kestrel knows hosts that no URI may have: * and + for every address.
    private static Uri Parse(string url, string where) =>
        Uri.TryCreate(url.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal), UriKind.Absolute, out var uri)
            ? uri
            : throw new DistributedApplicationException($"{where} is not a URL: '{url}'.");
}
