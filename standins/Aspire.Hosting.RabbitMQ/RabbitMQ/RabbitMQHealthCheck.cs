using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.RabbitMQ;

/// <summary>Opens the AMQP conversation as far as the server's greeting.</summary>
internal sealed class RabbitMQHealthCheck(RabbitMQServerResource resource) : IHealthCheck
{
    private const int DefaultPort = 5672;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var address = new Uri(await ((IResourceWithConnectionString)resource).GetConnectionStringAsync(cancellationToken) ?? "");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port > 0 ? address.Port : DefaultPort, deadline.Token);
            await using var stream = client.GetStream();

            // Protocol header of AMQP 0-9-1. The greeting is a method frame (type 1); a server that is not up yet closes instead.
            await stream.WriteAsync("AMQP\0\0\u0009\u0001"u8.ToArray(), deadline.Token);
            var frame = new byte[1];
            await stream.ReadExactlyAsync(frame, deadline.Token);
            return frame[0] == 1 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The server does not speak AMQP 0-9-1.");
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return HealthCheckResult.Unhealthy($"RabbitMQ does not answer at {address.Host}:{address.Port}: {error.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"RabbitMQ took longer than {Patience.TotalSeconds:0} s to greet.");
        }
    }
}
