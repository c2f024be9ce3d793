using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Orchestration;

/// <summary>Ports that the AppHost wants to be these and no others.</summary>
internal static class FixedPorts
{
    /// <exception cref="DistributedApplicationException">Somebody else listens there; the message says how to choose another port.</exception>
    public static void EnsureFree(IDistributedApplicationBuilder builder, IResource resource, EndpointAnnotation endpoint, int port)
    {
        if (IsFree(port))
            return;

        var key = KeyOf(builder.Configuration, port);
        var wayOut = key is null
            ? "Stop that program, or choose another port in the AppHost."
            : string.Create(CultureInfo.InvariantCulture, $"Stop that program, or choose another port: --{key}={port + 1} (or {key.Replace(":", "__", StringComparison.Ordinal)}={port + 1} in the environment).");
        throw new DistributedApplicationException(string.Create(
            CultureInfo.InvariantCulture,
            $"Port {port}, for the endpoint '{endpoint.Name}' of '{resource.Name}', is taken by another program. {wayOut}"));
    }

    public static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Arguments that move every fixed port out of the way of a first AppHost, each with a space before it.</summary>
    public static string OtherChoices(IDistributedApplicationBuilder builder) =>
        string.Concat(builder.Resources
            .SelectMany(resource => resource.Annotations.OfType<EndpointAnnotation>())
            .Select(endpoint => endpoint.Port is { } port && KeyOf(builder.Configuration, port) is { } key
                ? string.Create(CultureInfo.InvariantCulture, $" --{key}={port + 100}")
                : null)
            .Distinct());

    // The AppHost's code took the number from somewhere; if that is configuration, some key there still has it.
    private static string? KeyOf(IConfiguration configuration, int port)
    {
        var text = port.ToString(CultureInfo.InvariantCulture);
        return configuration.AsEnumerable().FirstOrDefault(pair => pair.Value == text && pair.Key.Contains(':', StringComparison.Ordinal)).Key;
    }
}
