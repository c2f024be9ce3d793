using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiMesh.ServiceDefaults.ServiceIdentity;

/// <summary>Puts mutual TLS before every endpoint in <c>Kestrel:Endpoints</c> but the one for probes.</summary>
internal sealed class MeshListeners(IOptions<MeshCertificateOptions> options, IConfiguration configuration, IServiceProvider services)
    : IConfigureOptions<KestrelServerOptions>
{
    // Who connects and says nothing holds a connection no longer than this.
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <exception cref="InvalidOperationException">An endpoint says plain HTTP where TLS is spoken, or the reverse. All of them are named.</exception>
    public void Configure(KestrelServerOptions kestrel)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        var isMutual = options.Value.Mode == MeshCertificateMode.Mutual;
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Where(static endpoint => endpoint.Key != ProbeListener.Endpoint).ToList();
        var wrong = endpoints.Where(endpoint => endpoint["Url"]?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) != isMutual).Select(static endpoint => endpoint.Path).ToList();
        if (wrong.Count > 0)
        {
            throw new InvalidOperationException(
                $"With {MeshCertificateOptions.Section}:Mode {options.Value.Mode} the addresses of {string.Join(", ", wrong)} must begin with {(isMutual ? "https" : "http")}://.");
        }

        if (!isMutual) return;
        var tls = services.GetRequiredService<MeshTls>();
        var handshake = new TlsHandshakeCallbackOptions { OnConnection = context => new(tls.ForServer(context.Connection)), HandshakeTimeout = HandshakeTimeout };
        foreach (var endpoint in endpoints) kestrel.ConfigurationLoader?.Endpoint(endpoint.Key, listener => listener.ListenOptions.UseHttps(handshake));
    }
}
