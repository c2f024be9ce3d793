using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Redis;

/// <summary>AUTH and PING over a plain connection; the two lines need no client library.</summary>
internal sealed class RedisHealthCheck(RedisResource resource) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var connectionString = await resource.GetConnectionStringAsync(cancellationToken) ?? "";
        var (host, port, password) = Parse(connectionString);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, cancellationToken);
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII);
            if (password.Length > 0)
                await AskAsync(stream, reader, $"*2\r\n$4\r\nAUTH\r\n${Encoding.UTF8.GetByteCount(password)}\r\n{password}\r\n", cancellationToken);

            var answer = await AskAsync(stream, reader, "*1\r\n$4\r\nPING\r\n", cancellationToken);
            return answer == "+PONG" ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"Redis answered {answer}.");
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return HealthCheckResult.Unhealthy($"Redis does not answer at {host}:{port}: {error.Message}");
        }
    }

    private static async Task<string?> AskAsync(NetworkStream stream, StreamReader reader, string request, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), cancellationToken);
        return await reader.ReadLineAsync(cancellationToken);
    }

    // host:port,option=value,… ; a given connection string may have any options.
    private static (string Host, int Port, string Password) Parse(string connectionString)
    {
        var parts = connectionString.Split(',', StringSplitOptions.TrimEntries);
        var address = parts[0].Split(':');
        var password = parts.FirstOrDefault(part => part.StartsWith("password=", StringComparison.OrdinalIgnoreCase))?["password=".Length..] ?? "";
        return (address[0], address.Length > 1 ? int.Parse(address[1], CultureInfo.InvariantCulture) : 6379, password);
    }
}
