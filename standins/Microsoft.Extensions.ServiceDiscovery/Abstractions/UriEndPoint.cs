using System.Net;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>An endpoint that is a whole URI: scheme, host, port, and perhaps a path before every request's own.</summary>
public class UriEndPoint : EndPoint
{
    /// <summary>Creates an endpoint.</summary>
    public UriEndPoint(Uri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        Uri = uri;
    }

    /// <summary>The address.</summary>
    public Uri Uri { get; }

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is UriEndPoint other && Uri.Equals(other.Uri);

    /// <inheritdoc />
    public override int GetHashCode() => Uri.GetHashCode();

    /// <inheritdoc />
    public override string? ToString() => Uri.ToString();
}
